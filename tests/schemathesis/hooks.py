"""What schemathesis has to be told about our media types."""

import schemathesis


@schemathesis.serializer("application/offset+octet-stream")
def bytes_of_an_upload(context, value):
    return value if isinstance(value, bytes) else str(value).encode()
