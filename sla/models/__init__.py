from sla.models.clocks import CalendarEdition, ClockFact, SlaClock, SlaPause, TermsWalk
from sla.models.policies import SlaPolicy

__all__ = ["CalendarEdition", "ClockFact", "SlaClock", "SlaPause", "SlaPolicy", "TermsWalk"]
