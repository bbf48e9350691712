use super::*;

const OURS: &str = "reply+7k3f92xq-abcdefghijklmnop@acme.example";

fn cut_ours(text: &str) -> Cut {
    cut(text, &[OURS.to_owned(), "support@acme.example".to_owned()])
}

/// What people's programs made of "It works now.\nThank you!" below which they put our mail.
const BELOW: [(&str, &str); 30] = [
    (
        "Gmail, English",
        "On Mon, Nov 23, 2026 at 10:00 AM Acme Support <\nsupport@acme.example> wrote:\n\n> Please try again.\n>\n> > older\n",
    ),
    (
        "Gmail, German",
        "Am Mo., 23. Nov. 2026 um 10:00 Uhr schrieb Acme Support <support@acme.example>:\n\n> Bitte noch einmal.\n",
    ),
    (
        "Gmail, French",
        "Le lun. 23 nov. 2026 à 10:00, Acme Support <support@acme.example> a écrit :\n\n> Essayez.\n",
    ),
    (
        "Gmail, Spanish",
        "El lun, 23 nov 2026 a las 10:00, Acme Support (<support@acme.example>)\nescribió:\n\n> Pruebe.\n",
    ),
    (
        "Gmail, Czech",
        "po 23. 11. 2026 v 10:00 odesílatel Acme Support <support@acme.example>\nnapsal:\n\n> Zkuste to.\n",
    ),
    (
        "Gmail, Arabic",
        "في الاثنين، ٢٣ نوفمبر ٢٠٢٦ في ١٠:٠٠ ص تمت كتابة ما يلي بواسطة Acme Support <support@acme.example>:\n\n> حاول\n",
    ),
    (
        "Gmail, Japanese",
        "2026年11月23日(月) 10:00 Acme Support <support@acme.example>:\n\n> お試しください\n",
    ),
    (
        "Apple Mail, English",
        "> On 23. Nov 2026, at 10:00, Acme Support <support@acme.example> wrote:\n> \n> Please try again.\n",
    ),
    (
        "Apple Mail, German",
        "> Am 23.11.2026 um 10:00 schrieb Acme Support <support@acme.example>:\n> \n> Bitte\n",
    ),
    (
        "Apple Mail, Japanese",
        "> 2026/11/23 10:00、Acme Support <support@acme.example>のメール:\n> \n> お試しください\n",
    ),
    (
        "Thunderbird, English",
        "On 23/11/2026 10:00, Acme Support wrote:\n> Please try again.\n> \n",
    ),
    (
        "Thunderbird, German",
        "Am 23.11.26 um 10:00 schrieb Acme Support:\n> Bitte\n",
    ),
    (
        "Thunderbird, French",
        "Le 23/11/2026 à 10:00, Acme Support a écrit :\n> Essayez\n",
    ),
    (
        "Thunderbird, Czech",
        "Dne 23. 11. 26 v 10:00 Acme Support napsal(a):\n> Zkuste\n",
    ),
    (
        "Outlook, English",
        "From: Acme Support <support@acme.example>\nSent: Monday, November 23, 2026 10:00 AM\nTo: Ada <ada@customer.example>\nSubject: Re: [CD-7K3F-92XQ] We have received your request\n\nPlease try again.\n",
    ),
    (
        "Outlook, German",
        "Von: Acme Support <support@acme.example>\nGesendet: Montag, 23. November 2026 10:00\nAn: Ada <ada@customer.example>\nBetreff: Re: [CD-7K3F-92XQ]\n\nBitte\n",
    ),
    (
        "Outlook, French",
        "De : Acme Support <support@acme.example>\nEnvoyé : lundi 23 novembre 2026 10:00\nÀ : Ada\nObjet : Re: [CD-7K3F-92XQ]\n\nEssayez\n",
    ),
    (
        "Outlook, Spanish",
        "De: Acme Support <support@acme.example>\nEnviado: lunes, 23 de noviembre de 2026 10:00\nPara: Ada\nAsunto: Re: [CD-7K3F-92XQ]\n\nPruebe\n",
    ),
    (
        "Outlook, Czech",
        "Od: Acme Support <support@acme.example>\nOdesláno: pondělí 23. listopadu 2026 10:00\nKomu: Ada\nPředmět: Re: [CD-7K3F-92XQ]\n\nZkuste\n",
    ),
    (
        "Outlook, Arabic",
        "من: Acme Support <support@acme.example>\nتم الإرسال: الاثنين\nإلى: Ada\nالموضوع: Re: [CD-7K3F-92XQ]\n\nحاول\n",
    ),
    (
        "Outlook, Japanese",
        "差出人: Acme Support <support@acme.example>\n送信日時: 2026年11月23日\n宛先: Ada\n件名: Re: [CD-7K3F-92XQ]\n\nお試し\n",
    ),
    (
        "Outlook, bold labels",
        "*From:* Acme Support <support@acme.example>\n*Sent:* Monday\n*To:* Ada\n*Subject:* Re: x\n\nPlease\n",
    ),
    (
        "Outlook, old",
        "-----Original Message-----\nFrom: Acme Support\nSent: Monday\n\nPlease\n",
    ),
    (
        "Outlook, old, German",
        "-----Ursprüngliche Nachricht-----\nVon: Acme Support\nGesendet: Montag\n\nBitte\n",
    ),
    (
        "Outlook, on a phone",
        "________________________________\nFrom: Acme Support <support@acme.example>\nSent: Monday, November 23, 2026 10:00:00 AM\nTo: Ada\nSubject: Re: x\n\nPlease\n",
    ),
    ("Outlook, page", "\u{e000}\nDe la part de : Acme\nPlease\n"),
    (
        "Yahoo, no marks",
        "On Monday, November 23, 2026 at 10:00:00 AM GMT+1, Acme Support <support@acme.example> wrote:\n\nPlease try again.\n",
    ),
    (
        "a language that nobody told us of",
        "Dydd Llun, 23 Tachwedd 2026, Acme Support <support@acme.example>:\n> Please\n",
    ),
    ("only marks", "> Please try again.\n> Thank you\n"),
    (
        "Proton",
        "Sent with Proton Mail secure email.\n\nOn Monday, November 23rd, 2026 at 10:00, Acme Support <support@acme.example> wrote:\n\n> Please\n",
    ),
];

#[test]
fn what_mail_programs_put_below_an_answer_is_cut() {
    let own = "It works now.\nThank you!";
    for (program, below) in BELOW {
        for end in ["\n", "\r\n"] {
            let text = format!("{own}\n\n{below}").replace('\n', end);
            let cut = cut_ours(&text);
            assert_eq!(cut.own, own, "{program}");
            assert!(!cut.rest.is_empty(), "{program}");
        }
    }
}

#[test]
fn a_signature_is_cut_and_what_a_phone_adds() {
    for below in [
        "-- \nAda Lovelace\nCustomer GmbH, +43 1 234",
        "--\nAda",
        "Sent from my iPhone",
        "Von meinem iPhone gesendet",
        "Envoyé de mon iPhone",
        "Enviado desde mi iPhone",
        "Odesláno z iPhonu",
        "iPhoneから送信",
        "Get Outlook for iOS (https://aka.ms/o0ukef)",
        "Sent from my iPhone\n\n-- \nAda",
    ] {
        assert_eq!(
            cut_ours(&format!("Yes, please.\n\n{below}\n")).own,
            "Yes, please.",
            "{below}"
        );
    }
}

#[test]
fn answers_between_the_lines_stay_with_the_lines() {
    let text = "Hello,\n\nOn 23/11/2026 10:00, Acme Support wrote:\n> Which browser?\n\nFirefox.\n\n> Which version?\n\n140.\n\n> Thank you\n";
    let cut = cut_ours(text);
    for kept in [
        "Hello,",
        "Which browser?",
        "Firefox.",
        "Which version?",
        "140.",
    ] {
        assert!(cut.own.contains(kept), "{kept}: {}", cut.own);
    }
    assert!(!cut.own.contains("Thank you"), "{}", cut.own);
}

#[test]
fn a_quotation_above_the_answer_is_cut() {
    let text = "On 23/11/2026 10:00, Acme Support wrote:\n> Which browser?\n> And which version?\n\nFirefox 140.\n\n-- \nAda\n";
    assert_eq!(cut_ours(text).own, "Firefox 140.");
}

#[test]
fn never_everything_is_cut() {
    for text in [
        "> Please try again.\n",
        "On Monday, November 23, 2026, Acme Support <support@acme.example> wrote:\n> Please\n",
        "-- \nAda\n",
        "From: Acme Support <support@acme.example>\nSent: Monday\nTo: Ada\nSubject: x\n\nforwarded to you\n",
    ] {
        assert_eq!(
            cut_ours(text),
            Cut {
                own: text.trim().to_owned(),
                rest: String::new()
            },
            "{text}"
        );
    }
    assert_eq!(cut_ours(" \n\n").own, "");
}

#[test]
fn what_only_looks_like_an_earlier_mail_stays() {
    for text in [
        "On Monday you wrote:\nthat it works. It does not.",
        "These are the steps:\n1. Open\n2. Close",
        "From: the menu I chose Print.\nThen nothing.",
        "--- see below ---\nHere is the log",
        "Date: 2026-11-23\nVersion: 2\nBrowser: Firefox",
        "The page says:\n\nnot found",
        "Sent from my point of view this is a very long sentence that a person has written by hand, no phone",
        "I get this since 10:00:\nerror 500",
        "a\n--\nb\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16",
    ] {
        assert_eq!(cut_ours(text).own, text);
    }
}

#[test]
fn nothing_is_lost_whatever_is_cut() {
    for (program, below) in BELOW {
        let text = format!("It works now.\n\n{below}");
        let cut = cut_ours(&text);
        for word in text.replace(EARLIER, " ").split_whitespace() {
            assert!(
                cut.own.contains(word) || cut.rest.contains(word),
                "{program}: {word}"
            );
        }
    }
}
