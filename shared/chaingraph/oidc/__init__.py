"""Who a token belongs to, by the published keys of an OpenID Connect issuer.

`issuers` keeps the keys; `tokens` understands keys and checks signatures. Most requests come over a
connection whose user is known already, so the libraries of `tokens` are loaded with the first token.
"""

from chaingraph.oidc.issuers import MAX_AGE_SECONDS, REFRESH_SECONDS, Issuer, Oidc, keys_at

__all__ = ["MAX_AGE_SECONDS", "REFRESH_SECONDS", "Issuer", "Oidc", "keys_at"]
