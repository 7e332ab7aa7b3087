"""A mail server as others wrote it (aiosmtpd): STARTTLS or TLS from the first byte, sign-in, and a line of JSON for each mail that it
took, read by Python's own parser. What it does with a mail is told by the recipient's name; `cut` ends it with
the mail in its hands."""
import asyncio, email, email.policy, json, os, ssl, sys

from aiosmtpd.smtp import AuthResult, SMTP

certificate, key, tls, user, password = sys.argv[1:6]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)


def authenticate(server, session, envelope, mechanism, data):
    good = data.login == user.encode() and data.password == password.encode()
    return AuthResult(success=good, handled=False)


class Handler:
    async def handle_MAIL(self, server, session, envelope, address, options):
        envelope.mail_from = address
        return "550 5.7.1 not a sender of ours" if address.startswith("stranger@") else "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        envelope.rcpt_tos.append(address)
        name = address.split("@")[0]
        return {
            "nobody": "550 5.1.1 no such user",
            "later": "451 4.2.1 later",
            "relayed": "554 5.7.1 relay access denied",
        }.get(name, "250 OK")

    async def handle_DATA(self, server, session, envelope):
        name = envelope.rcpt_tos[0].split("@")[0]
        mail = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
        said = {
            "from": mail["From"].addresses[0].addr_spec,
            "name": mail["From"].addresses[0].display_name,
            "to": str(mail["To"]),
            "envelope": [envelope.mail_from, envelope.rcpt_tos],
            "subject": mail["Subject"],
            "id": mail["Message-ID"],
            "auto": mail["Auto-Submitted"],
            "parts": [part.get_content_type() for part in mail.iter_parts()],
            "text": mail.get_body(("plain",)).get_content(),
            "html": mail.get_body(("html",)).get_content(),
            "encrypted": session.ssl is not None or tls == "implicit",
            "user": session.authenticated,
        }
        print(json.dumps(said), flush=True)
        if name == "cut":
            os._exit(0)
        return "554 5.7.1 looks like spam" if name == "spam" else "250 OK"


async def main():
    loop = asyncio.get_running_loop()
    wrapped = tls == "implicit"

    def factory():
        signs_in = {"authenticator": authenticate, "auth_required": True} if user else {}
        signs_in["auth_require_tls"] = not wrapped
        if tls == "start":
            signs_in.update(tls_context=context, require_starttls=True)
        return SMTP(Handler(), hostname="mail.example", enable_SMTPUTF8=False, loop=loop, **signs_in)

    server = await loop.create_server(factory, "127.0.0.1", 0, ssl=context if wrapped else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
