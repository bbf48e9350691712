//! Codes that change every thirty seconds (RFC 6238), as every authenticator app makes them: SHA-1, six digits. Pure.

use aws_lc_rs::hmac;
use jiff::Timestamp;

/// A secret: 160 bits, as RFC 4226 section 4 recommends.
pub type Secret = [u8; 20];

const STEP_SECONDS: i64 = 30;
/// So many steps before and after now are taken, too: for clocks that are not quite right, and for people who type (RFC 6238 section 5.2).
const DRIFT: i64 = 1;

/// The code of a step, of which each lasts thirty seconds since 1970.
#[must_use]
pub fn code(secret: &Secret, step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    // RFC 4226 section 5.3: the last four bits say where the number begins. SHA-1 has 20 octets, so 15 + 4 is the last of them.
    let offset = usize::from(tag.last().copied().unwrap_or_default() & 0x0f);
    let number = tag.iter().skip(offset).take(4);
    let number = number.fold(0_u32, |number, octet| number << 8 | u32::from(*octet));
    format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
}

/// The step whose code this is, if it is one of now. Whoever keeps the step takes no code of it and of earlier ones again.
#[must_use]
pub fn step_of(secret: &Secret, typed: &str, now: Timestamp) -> Option<i64> {
    let typed: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    let current = now.as_second().div_euclid(STEP_SECONDS);
    let mut steps = current - DRIFT..=current + DRIFT;
    steps.find(|step| is_same(code(secret, *step).as_bytes(), typed.as_bytes()))
}

/// Compares without telling by the time where the first difference is.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(one, other).is_ok()
}

/// The secret as apps take it when it is typed: base32 (RFC 4648) without padding. 20 octets are 32 symbols.
#[must_use]
pub fn base32(secret: &Secret) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (groups, _) = secret.as_chunks::<5>();
    let symbols = groups.iter().flat_map(|group| {
        let number = group
            .iter()
            .fold(0_u64, |number, octet| number << 8 | u64::from(*octet));
        (0..8).map(move |place| {
            let index = (number >> (35 - 5 * place)) & 31;
            char::from(ALPHABET[usize::try_from(index).unwrap_or_default()])
        })
    });
    symbols.collect()
}

/// What the picture says that an app reads. The account is an address; what would end it early is written as `%xx`.
#[must_use]
pub fn address(secret: &Secret, account: &str) -> String {
    let account =
        percent_encoding::utf8_percent_encode(account, percent_encoding::NON_ALPHANUMERIC);
    let secret = base32(secret);
    format!("otpauth://totp/Cornerdesk:{account}?secret={secret}&issuer=Cornerdesk")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &Secret = b"12345678901234567890";

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// RFC 6238 appendix B, of eight digits the last six.
    #[test]
    fn the_codes_of_the_standard_come_out() {
        for (second, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code(SECRET, second / STEP_SECONDS), expected);
            assert_eq!(step_of(SECRET, expected, at(second)), Some(second / 30));
        }
    }

    #[test]
    fn a_code_is_good_for_a_step_before_and_after_its_own() {
        for (second, is_good) in [
            (29, false),
            (30, true),
            (60, true),
            (119, true),
            (120, false),
        ] {
            let step = step_of(SECRET, &code(SECRET, 2), at(second));
            assert_eq!(step.is_some(), is_good, "{second}");
        }
        assert_eq!(step_of(SECRET, " 287 082 ", at(59)), Some(1));
        for wrong in ["", "287083", "2870820", "28708", "２８７０８２"] {
            assert_eq!(step_of(SECRET, wrong, at(59)), None, "{wrong}");
        }
    }

    #[test]
    fn an_app_can_read_the_secret() {
        assert_eq!(base32(SECRET), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(
            address(SECRET, "kim&co@acme.example"),
            "otpauth://totp/Cornerdesk:kim%26co%40acme%2Eexample?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Cornerdesk"
        );
    }
}
