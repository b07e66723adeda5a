"""Pages and endpoints of the LTI tool."""
