"""The tables of the LTI tool."""

from classes.lti.models.launches import Launch, LmsAccount, TaughtContext, UsedNonce
from classes.lti.models.passbacks import Passback
from classes.lti.models.platforms import Context, Deployment, Invitation, Platform, ResourceLink
from classes.lti.models.tool_keys import ToolKey

__all__ = [
    "Context",
    "Deployment",
    "Invitation",
    "Launch",
    "LmsAccount",
    "Passback",
    "Platform",
    "ResourceLink",
    "TaughtContext",
    "ToolKey",
    "UsedNonce",
]
