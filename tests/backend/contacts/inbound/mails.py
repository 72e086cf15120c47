"""Mails as programs and servers really write them; names and addresses are made up."""

import base64

DOMAIN = "zonderwater.example"
OURS = "0192f0c4-7a10-7c3e-8b2a-5d1e6f708192"
OUR_ID = f"<{OURS}@{DOMAIN}>"


def mail(head: str, body: str | bytes = "", *, end: str = "\r\n") -> bytes:
    """A mail of these lines, with the line ends of mail."""
    lines = head.strip("\n").replace("\n", end).encode("utf-8", "surrogateescape")
    content = body if isinstance(body, bytes) else body.replace("\n", end).encode()
    return lines + (end * 2).encode() + content


OUTLOOK = mail(
    """
Received: from mail.bedrijf.example (10.0.0.1) by mx.stad.example; Mon, 23 Nov 2026 10:12:01 +0100
From: "Peeters, Jef" <Jef.Peeters@Bedrijf.example>
To: "Burgerzaken" <burgerzaken@zonderwater.example>
Subject: RE: Uw vraag over de reispas [4F7-K2M-9XF]
Thread-Topic: Uw vraag over de reispas
Date: Mon, 23 Nov 2026 10:12:00 +0100
Message-ID: <AM0PR01MB1234@AM0PR01MB1234.eurprd01.prod.exchangelabs.com>
References: <eerste@zonderwater.example> """
    + OUR_ID
    + """
In-Reply-To: """
    + OUR_ID
    + """
Accept-Language: nl-BE, en-US
Content-Language: nl-BE
X-MS-Has-Attach: yes
Content-Type: multipart/mixed; boundary="_004_AM0_"
MIME-Version: 1.0
""",
    """--_004_AM0_
Content-Type: multipart/alternative; boundary="_000_AM0_"

--_000_AM0_
Content-Type: text/plain; charset="iso-8859-1"
Content-Transfer-Encoding: quoted-printable

Goedemorgen,

Mijn zoon is ge=EFnteresseerd. Is zaterdag mogelijk?

Groeten
Jef

________________________________
Van: Stad Zonderwater <onthaal@zonderwater.example>
Verzonden: vrijdag 20 november 2026 15:00
Aan: Peeters, Jef <Jef.Peeters@Bedrijf.example>
Onderwerp: Uw vraag over de reispas [4F7-K2M-9XF]

Beste Jef, wanneer kunt u komen?

--_000_AM0_
Content-Type: text/html; charset="iso-8859-1"
Content-Transfer-Encoding: quoted-printable

<html><head><style>p {margin:0}</style></head><body><p>Goedemorgen,</p></body></html>

--_000_AM0_--

--_004_AM0_
Content-Type: application/pdf; name="=?iso-8859-1?Q?attest_ge=EFnd.pdf?="
Content-Disposition: attachment; filename="=?iso-8859-1?Q?attest_ge=EFnd.pdf?="; size=9
Content-Transfer-Encoding: base64

JVBERi0xLjQK

--_004_AM0_--
""",
)

GMAIL = mail(
    """
MIME-Version: 1.0
From: =?UTF-8?Q?Ren=C3=A9e_D=27hondt?= <renee.dhondt@gmail.example>
Date: Mon, 23 Nov 2026 09:00:00 +0100
Message-ID: <CAF+abc=def@mail.gmail.com>
In-Reply-To: """
    + OUR_ID
    + """
References: """
    + OUR_ID
    + """
Subject: Re: Vraag
To: Stad Zonderwater <onthaal@zonderwater.example>
Content-Type: multipart/alternative; boundary="000000000000a1"
""",
    """--000000000000a1
Content-Type: text/plain; charset="UTF-8"
Content-Transfer-Encoding: base64

"""
    + base64.b64encode(
        "Dinsdag is goed voor mij, dank je wel 👍\n\nOp vr 20 nov. 2026 om 15:00 schreef Stad Zonderwater <\n"
        "onthaal@zonderwater.example>:\n\n> Wanneer kan je komen?\n> Groeten\n".encode()
    ).decode()
    + """

--000000000000a1
Content-Type: text/html; charset="UTF-8"

<div dir="ltr">Dinsdag is goed</div>

--000000000000a1--
""",
)

APPLE = mail(
    """
From: Sofie Claes <sofie@icloud.example>
Content-Type: multipart/mixed; boundary=Apple-Mail-1
Mime-Version: 1.0 (Mac OS X Mail 16.0)
Subject: Put in het wegdek
Date: Mon, 23 Nov 2026 08:00:00 +0100
Message-Id: <B2F1@icloud.example>
To: meldingen@zonderwater.example
""",
    """--Apple-Mail-1
Content-Type: text/plain; charset=us-ascii

Hier is de put:

--Apple-Mail-1
Content-Type: image/jpeg; name=IMG_1.jpeg
Content-Disposition: inline; filename=IMG_1.jpeg
Content-Transfer-Encoding: base64

/9j/4AAQSkZJRg==

--Apple-Mail-1
Content-Type: text/plain; charset=us-ascii

en hier van dichtbij.

--\x20
Sofie

--Apple-Mail-1--
""",
)

OUT_OF_OFFICE = mail(
    """
From: "Peeters, Jef" <jef.peeters@bedrijf.example>
To: Stad Zonderwater <onthaal@zonderwater.example>
Subject: Automatisch antwoord: Uw vraag over de reispas [4F7-K2M-9XF]
Date: Mon, 23 Nov 2026 10:12:00 +0100
Message-ID: <oof1@bedrijf.example>
In-Reply-To: """
    + OUR_ID
    + """
Auto-Submitted: auto-generated
X-Auto-Response-Suppress: All
Content-Type: text/plain; charset="utf-8"
""",
    "Ik ben afwezig tot en met 30 november.\n",
)

POSTFIX_DSN = mail(
    """
Return-Path: <>
From: MAILER-DAEMON@mx.stad.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: onthaal@zonderwater.example
Auto-Submitted: auto-replied
Date: Mon, 23 Nov 2026 10:12:00 +0100 (CET)
MIME-Version: 1.0
Message-Id: <20261123@mx.stad.example>
Content-Type: multipart/report; report-type=delivery-status; boundary="AAA.1/mx"
""",
    f"""This is a MIME-encapsulated message.

--AAA.1/mx
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

<jef@voorbeeld.be>: host mx.voorbeeld.be said: 550 5.1.1 User unknown

--AAA.1/mx
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.stad.example
Arrival-Date: Mon, 23 Nov 2026 10:11:58 +0100 (CET)

Final-Recipient: rfc822; jef@voorbeeld.be
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 User unknown

--AAA.1/mx
Content-Description: Undelivered Message
Content-Type: message/rfc822

From: Stad Zonderwater <onthaal@zonderwater.example>
To: jef@voorbeeld.be
Subject: Ons antwoord
Message-ID: {OUR_ID}

Beste Jef

--AAA.1/mx--
""",
)

DELAYED_DSN = POSTFIX_DSN.replace(b"Action: failed", b"Action: delayed").replace(b"Status: 5.1.1", b"Status: 4.4.1")

EXCHANGE_DSN = mail(
    """
From: <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@bedrijf.example>
To: <onthaal@zonderwater.example>
Date: Mon, 23 Nov 2026 09:12:00 +0000
Content-Type: multipart/report; report-type=delivery-status; boundary="b1_"
X-MS-Exchange-Message-Is-Ndr:
Content-Language: nl-BE
Message-ID: <ndr@bedrijf.example>
In-Reply-To: """
    + OUR_ID
    + """
References: """
    + OUR_ID
    + """
Subject: Onbestelbaar: Ons antwoord
Auto-Submitted: auto-replied
MIME-Version: 1.0
""",
    """--b1_
Content-Type: multipart/alternative; differences=Content-Type; boundary="b2_"

--b2_
Content-Type: text/plain; charset="us-ascii"

Het bericht kon niet worden bezorgd.

--b2_--

--b1_
Content-Type: message/delivery-status

Reporting-MTA: dns;AM0PR01.bedrijf.example
Received-From-MTA: dns;mx.stad.example

Original-Recipient: rfc822;jef@bedrijf.example
Final-Recipient: rfc822;jef@bedrijf.example
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp;554 5.2.2 mailbox full

--b1_
Content-Type: text/rfc822-headers

Subject: Ons antwoord

--b1_--
""",
)

QMAIL_BOUNCE = mail(
    """
Return-Path: <>
From: MAILER-DAEMON@oud.example
To: onthaal@zonderwater.example
Subject: failure notice
Date: 23 Nov 2026 09:12:00 -0000
""",
    f"""Hi. This is the qmail-send program at oud.example.

<jef@oud.example>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Message-ID: {OUR_ID}
Subject: Ons antwoord
""",
)

MOJIBAKE = mail(
    """
From: oud@voorbeeld.be
Subject: =?iso-8859-1?Q?Caf=C3=A9?=
Message-ID: <mojibake@voorbeeld.be>
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: 8bit
""",
    "Het café is geïnteresseerd in een terras.\n",
)

WINMAIL = mail(
    """
From: jan@voorbeeld.be
Subject: Formulier
Message-ID: <tnef@voorbeeld.be>
Content-Type: multipart/mixed; boundary=x
""",
    """--x
Content-Type: text/plain

Zie bijlage.

--x
Content-Type: application/ms-tnef; name="winmail.dat"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="winmail.dat"

eJ8+IjQAAQaQCAAE

--x--
""",
)

EIGHT_BITS = (
    "From: Ren\udce9 Fran\udce7ois <rene@voorbeeld.be>\r\nSubject: Geluidsoverlast in het caf\udce9\r\n"
    "Message-ID: <acht@voorbeeld.be>\r\n\r\nTe luid.\r\n"
).encode("utf-8", "surrogateescape")

FORWARDED = mail(
    """
From: buur@voorbeeld.be
Subject: Fwd: klacht
Message-ID: <fwd@voorbeeld.be>
Content-Type: multipart/mixed; boundary=y
""",
    """--y
Content-Type: text/plain

Dit kreeg ik.

--y
Content-Type: message/rfc822

From: ander@voorbeeld.be
Subject: klacht
Content-Type: multipart/mixed; boundary=z

--z
Content-Type: message/rfc822

Subject: nog dieper

diep
--z--

--y--
""",
)

HTML_ONLY = mail(
    """
From: nieuws@voorbeeld.be
Subject: Aanvraag
Message-ID: <html@voorbeeld.be>
Content-Type: text/html; charset=utf-8
""",
    "<html><head><title>x</title><style>b{}</style></head><body><p>Kan ik <b>morgen</b> komen?</p>"
    "<script>alert(1)</script><p>Zie <a href='https://stad.example/x'>hier</a></p></body></html>",
)

EMPTY_BODY = mail("From: kort@voorbeeld.be\nSubject: Bel mij\nMessage-ID: <leeg@voorbeeld.be>")
NO_FROM = mail("Subject: Zonder afzender\nMessage-ID: <niemand@voorbeeld.be>", "Wie ben ik?\n")
HUGE_HEADER = b"From: a@voorbeeld.be\r\nSubject: " + b"heel lang " * 200_000 + b"\r\n\r\nHallo\r\n"
SPAM = mail(
    "From: win@spam.example\nSubject: Gewonnen\nMessage-ID: <spam@spam.example>\nX-Spam-Flag: YES\n"
    "X-Spam-Status: Yes, score=9.1",
    "Klik hier.\n",
)
ROUND = b"Received: by x\r\n" * 31 + mail("From: rond@voorbeeld.be\nSubject: rond\nMessage-ID: <r@voorbeeld.be>", "a")
ENCRYPTED = mail(
    "From: geheim@voorbeeld.be\nSubject: Vertrouwelijk\nMessage-ID: <pgp@voorbeeld.be>\n"
    'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=e',
    "--e\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n\n--e\nContent-Type: application/octet-stream\n\n"
    "-----BEGIN PGP MESSAGE-----\n\n--e--\n",
)

REAL = {name: value for name, value in globals().items() if name.isupper() and isinstance(value, bytes)}
"""All of the above by name."""
