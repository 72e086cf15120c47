"""Small files of every kind."""

import io
import zipfile


def zipped(*names: str, **contents: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for name in names:
            file.writestr(name, "<x/>")
        for name, content in contents.items():
            file.writestr(name, content)
    return made.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
OFFICE = "application/vnd.openxmlformats-officedocument."
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
EXE = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00" + bytes(100)
MAIL = b"Return-Path: <an@burger.example>\r\nReceived: from x\r\n by y\r\nSubject: Vraag\r\n\r\nDag\xe9\r\n"

FILES: dict[str, tuple[bytes, str]] = {
    "plan.pdf": (PDF, "application/pdf"),
    "ascii.pdf": (b"%PDF-1.4\nalleen letters\n%%EOF", "application/pdf"),
    "brief.rtf": (rb"{\rtf1\ansi Dag}", "application/rtf"),
    "scan.gif": (b"GIF89a" + bytes(10), "image/gif"),
    "foto.heic": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic"),
    "foto.jpg": (b"\xff\xd8\xff\xe0\x00\x10JFIF\0" + bytes(10), "image/jpeg"),
    "foto.JPEG": (b"\xff\xd8\xff\xe1\x00\x10Exif\0" + bytes(10), "image/jpeg"),
    "scherm.png": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png"),
    "scan.tif": (b"II*\0\x08\0\0\0", "image/tiff"),
    "scan.tiff": (b"MM\0*\0\0\0\x08", "image/tiff"),
    "foto.webp": (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
    "brief.docx": (zipped("[Content_Types].xml", "word/document.xml"), f"{OFFICE}wordprocessingml.document"),
    "lijst.xlsx": (zipped("[Content_Types].xml", "xl/workbook.xml"), f"{OFFICE}spreadsheetml.sheet"),
    "uitleg.pptx": (zipped("[Content_Types].xml", "ppt/presentation.xml"), f"{OFFICE}presentationml.presentation"),
    "brief.odt": (
        zipped("content.xml", mimetype="application/vnd.oasis.opendocument.text"),
        "application/vnd.oasis.opendocument.text",
    ),
    "brief.doc": (OLE + "WordDocument".encode("utf-16-le") + bytes(40), "application/msword"),
    "lijst.xls": (OLE + "Workbook".encode("utf-16-le") + bytes(40), "application/vnd.ms-excel"),
    "uitleg.ppt": (OLE + "PowerPoint Document".encode("utf-16-le"), "application/vnd.ms-powerpoint"),
    "mail.msg": (OLE + "__properties_version1.0".encode("utf-16-le"), "application/vnd.ms-outlook"),
    "nota.txt": ("Één regel\n".encode(), "text/plain"),
    "oud.txt": (b"E\xe9n regel\r\n", "text/plain"),
    "lijst.csv": (b"naam;straat\nAn;Kerkstraat\n", "text/csv"),
    "afspraak.ics": (b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n", "text/calendar"),
    "mail.eml": (MAIL, "message/rfc822"),
}
"""Name -> content and type, of everything that may be attached."""

REFUSED: dict[str, tuple[bytes, str]] = {
    "alles.zip": (zipped("a.txt"), "application/zip"),
    "kapot.zip": (b"PK\x03\x04kapot", "application/zip"),
    "brief.docm": (
        zipped("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
        "application/vnd.ms-office.macroEnabled",
    ),
    "vreemd.odt": (zipped("x", mimetype="application/java-archive"), "application/zip"),
    "setup.msi": (OLE, "application/x-ole-storage"),
    "setup.exe": (EXE, "application/vnd.microsoft.portable-executable"),
    "film.mp4": (b"\0\0\0\x18ftypisom\0\0\0\0", "video/mp4"),
    "alles.7z": (b"7z\xbc\xaf'\x1c\0\4", "application/x-7z-compressed"),
    "pagina.html": (b"<!DOCTYPE html>\n<html><script>alert(1)</script></html>", "text/html"),
    "tekening.svg": (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "text/html"),
    "mail.eml": (b"From: An\nTo: Jan\n\n" + EXE, "application/octet-stream"),
    "iets": (b"\1\2\3\4\5", "application/octet-stream"),
}
"""Name -> content and type, of what may not."""
