//! Good tokens that were damaged on purpose.

use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD},
};
use cornerdesk_tests::{
    product::{Product, now_s},
    service::SITE,
};
use serde_json::json;

use super::{CANARY, Forgery, claims};

/// The order of the base point of Ed25519 (RFC 8032 §5.1), little end first.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// Good tokens, damaged.
pub fn of_form(product: &Product) -> Vec<Forgery> {
    let (good, ed) = (
        product.token_of(&claims(product)),
        product.ed_token_of(&claims(product)),
    );
    let (message, signature) = good.rsplit_once('.').expect("three parts");
    let octets = BASE64_URL_SAFE_NO_PAD
        .decode(signature)
        .expect("a signature");
    let encoded = |octets: &[u8]| format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(octets));
    let mut rows: Vec<Forgery> = vec![
        ("no signature".into(), format!("{message}.")),
        ("no third part".into(), message.to_owned()),
        ("signature cut short".into(), encoded(&octets[..31])),
        ("signature of one octet".into(), encoded(&octets[..1])),
        ("signature with one octet more".into(), encoded(&[octets.as_slice(), &[0]].concat())),
        ("padding".into(), format!("{message}.{}", BASE64_URL_SAFE.encode(&octets))),
        ("hexadecimal signature".into(), format!("{message}.{}", octets.iter().map(|octet| format!("{octet:02x}")).collect::<String>())),
        ("a dot behind it".into(), format!("{good}.")),
        ("a dot before it".into(), format!(".{good}")),
        ("a fourth part".into(), format!("{good}.x")),
        ("five parts, as encrypted".into(), format!("{good}.x.x")),
        ("blank in the middle".into(), good.replacen('.', ". ", 1)),
        ("tab in the middle".into(), good.replacen('.', "\t.", 1)),
        ("quoted".into(), format!("\"{good}\"")),
        ("Bearer".into(), format!("Bearer {good}")),
        ("two with a comma".into(), format!("{good}, {good}")),
        ("JSON".into(), json!({ "payload": message, "signature": signature }).to_string()),
        ("empty".into(), String::new()),
        ("dots".into(), "..".into()),
        ("nonsense".into(), CANARY.into()),
        ("percent".into(), good.replace('.', "%2E")),
        ("larger than may be".into(), product.token_of(&json!({ "aud": SITE, "exp": now_s() + 60, "sub": "u", "email": "a@b.cz", "more": "x".repeat(4096) }))),
        ("64 KiB".into(), "e".repeat(65_000)),
    ];
    let mut flipped = octets;
    flipped[0] ^= 1;
    rows.push(("one bit of the signature".into(), encoded(&flipped)));
    // 32 octets in base64 leave two bits over.
    let end = signature.chars().last().expect("a character");
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let at = alphabet.find(end).expect("of the alphabet");
    let spare = alphabet.chars().nth(at ^ 1).expect("of the alphabet");
    rows.push((
        "bits left over in base64".into(),
        format!("{}{spare}", &good[..good.len() - 1]),
    ));
    let standard = BASE64_STANDARD.encode(b"\xfb\xff\xfe");
    rows.push(("the other alphabet".into(), format!("{message}.{standard}")));
    let other = message.replacen('.', "A.", 1);
    rows.push((
        "a header with more behind it".into(),
        format!("{other}.{signature}"),
    ));
    rows.push((
        "claims of one token, signature of the other".into(),
        format!("{message}.{}", ed.rsplit_once('.').expect("three parts").1),
    ));
    rows.extend(of_curve(&ed));
    rows
}

/// Signatures of Ed25519 that some libraries take.
fn of_curve(good: &str) -> Vec<Forgery> {
    let (message, signature) = good.rsplit_once('.').expect("three parts");
    let octets = BASE64_URL_SAFE_NO_PAD
        .decode(signature)
        .expect("a signature");
    let (r, s) = octets.split_at(32);
    let mut carry = 0;
    let beyond: Vec<u8> = s
        .iter()
        .zip(ORDER)
        .map(|(octet, order)| {
            let sum = u16::from(*octet) + u16::from(order) + carry;
            carry = sum >> 8;
            sum.to_le_bytes()[0]
        })
        .collect();
    let neutral = [&[1][..], &[0; 31]].concat();
    let minus_one = [&[0xec][..], &[0xff; 30], &[0x7f]].concat();
    let not_canonical = [&[0xee][..], &[0xff; 30], &[0x7f]].concat();
    let zero = [0; 32];
    let rows = [
        ("S beyond the order", [r, &beyond].concat()),
        ("R and S swapped", [s, r].concat()),
        ("the neutral point, S 0", [&neutral[..], &zero].concat()),
        (
            "a point of order two, S 0",
            [&minus_one[..], &zero].concat(),
        ),
        ("R not canonical, S 0", [&not_canonical[..], &zero].concat()),
        ("R 0, S 0", [&zero[..], &zero].concat()),
        ("R of small order, S kept", [&neutral[..], s].concat()),
        ("S cut off", r.to_vec()),
        ("all ones", vec![0xff; 64]),
    ];
    rows.map(|(name, octets)| {
        let signature = BASE64_URL_SAFE_NO_PAD.encode(octets);
        (name.to_owned(), format!("{message}.{signature}"))
    })
    .to_vec()
}
