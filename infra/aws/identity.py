"""Who may call: a Cognito pool of ours, or an issuer that exists already."""

from dataclasses import dataclass

from aws_cdk import Aws, Duration, RemovalPolicy, Stack
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from infra.aws.environments import CognitoPool, Environment, ExternalIssuer

ADMINISTRATORS = "admin"


@dataclass(frozen=True, slots=True)
class Identity:
    """What functions need to check a token; the pool where it is ours."""

    issuer: str
    audience: str
    jwks_url: str
    pool: cognito.UserPool | None = None


def identity(scope: Construct, environment: Environment) -> Identity:
    match environment.identity:
        case ExternalIssuer(issuer=issuer, audience=audience, jwks_url=jwks_url):
            return Identity(issuer, audience, jwks_url)
        case CognitoPool() as wanted:
            return _of_pool(Users(scope, "Users", environment, wanted))


class Users(Construct):
    """A pool without sign-up: an administrator invites. Members of the group `admin` see everything."""

    def __init__(
        self, scope: Construct, construct_id: str, environment: Environment, wanted: CognitoPool
    ) -> None:
        super().__init__(scope, construct_id)
        self.pool = self._pool(environment)
        self.client = self._client(wanted)
        cognito.CfnUserPoolGroup(
            self, "Administrators", user_pool_id=self.pool.user_pool_id, group_name=ADMINISTRATORS
        )
        self.pool.add_domain(
            "SignIn",
            cognito_domain=cognito.CognitoDomainOptions(
                domain_prefix=f"{environment.prefix}-{Aws.ACCOUNT_ID}"
            ),
        )

    def _pool(self, environment: Environment) -> cognito.UserPool:
        return cognito.UserPool(
            self,
            "Pool",
            user_pool_name=environment.prefix,
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            password_policy=cognito.PasswordPolicy(
                min_length=12,
                require_lowercase=True,
                require_uppercase=True,
                require_digits=True,
                require_symbols=True,
            ),
            mfa=cognito.Mfa.REQUIRED if environment.is_kept else cognito.Mfa.OPTIONAL,
            mfa_second_factor=cognito.MfaSecondFactor(sms=False, otp=True),
            deletion_protection=environment.is_kept,
            removal_policy=RemovalPolicy.RETAIN if environment.is_kept else RemovalPolicy.DESTROY,
        )

    def _client(self, wanted: CognitoPool) -> cognito.UserPoolClient:
        """For browsers: without a secret, with the code grant."""
        return self.pool.add_client(
            "Console",
            generate_secret=False,
            auth_flows=cognito.AuthFlow(user_srp=True),
            prevent_user_existence_errors=True,
            access_token_validity=Duration.hours(1),
            id_token_validity=Duration.hours(1),
            refresh_token_validity=Duration.days(30),
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(authorization_code_grant=True),
                scopes=[cognito.OAuthScope.OPENID, cognito.OAuthScope.EMAIL],
                callback_urls=list(wanted.callback_urls),
                logout_urls=list(wanted.callback_urls),
            ),
        )


def _of_pool(users: Users) -> Identity:
    stack = Stack.of(users)
    issuer = f"https://cognito-idp.{stack.region}.{stack.url_suffix}/{users.pool.user_pool_id}"
    return Identity(
        issuer, users.client.user_pool_client_id, f"{issuer}/.well-known/jwks.json", pool=users.pool
    )
