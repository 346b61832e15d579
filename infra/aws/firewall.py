"""A web firewall in front of the sign-in.

AWS WAF does not take HTTP and WebSocket APIs: those are guarded by the throttle of their stages, and by the
functions, which answer nobody without a token.
"""

from aws_cdk import aws_wafv2 as waf
from constructs import Construct

REQUESTS_PER_ADDRESS = 300
"""In five minutes."""


class SignInFirewall(Construct):
    def __init__(self, scope: Construct, construct_id: str, user_pool_arn: str) -> None:
        super().__init__(scope, construct_id)
        rules = waf.CfnWebACL(
            self,
            "Rules",
            scope="REGIONAL",
            default_action=waf.CfnWebACL.DefaultActionProperty(allow=waf.CfnWebACL.AllowActionProperty()),
            visibility_config=_measured("sign-in"),
            rules=[_rate_limit(), _known_bad_inputs()],
        )
        waf.CfnWebACLAssociation(self, "Association", resource_arn=user_pool_arn, web_acl_arn=rules.attr_arn)


def _rate_limit() -> waf.CfnWebACL.RuleProperty:
    limit = waf.CfnWebACL.RateBasedStatementProperty(limit=REQUESTS_PER_ADDRESS, aggregate_key_type="IP")
    return waf.CfnWebACL.RuleProperty(
        name="rate",
        priority=0,
        action=waf.CfnWebACL.RuleActionProperty(block=waf.CfnWebACL.BlockActionProperty()),
        statement=waf.CfnWebACL.StatementProperty(rate_based_statement=limit),
        visibility_config=_measured("rate"),
    )


def _known_bad_inputs() -> waf.CfnWebACL.RuleProperty:
    group = waf.CfnWebACL.ManagedRuleGroupStatementProperty(
        vendor_name="AWS", name="AWSManagedRulesKnownBadInputsRuleSet"
    )
    return waf.CfnWebACL.RuleProperty(
        name="known-bad-inputs",
        priority=1,
        override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
        statement=waf.CfnWebACL.StatementProperty(managed_rule_group_statement=group),
        visibility_config=_measured("known-bad-inputs"),
    )


def _measured(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    return waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=True
    )
