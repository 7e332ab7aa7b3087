import sys
from werkzeug.serving import make_server
from oidc_provider_mock import User, app
ana = User(sub='ana-1', claims={'email': 'ana@linden.example', 'email_verified': True, 'name': 'Ana Lima'})
server = make_server('127.0.0.1', 0, app(require_nonce=True, user_claims=[ana]), threaded=True,
                     ssl_context=(sys.argv[1], sys.argv[2]))
print(server.server_port, flush=True)
server.serve_forever()
