"""The way to DOSIS and to the notification component."""

from backend.notifications.burgerprofiel.service.client import (
    Burgerprofiel,
    DossierAway,
    DossierRefused,
    burgerprofiel,
)

__all__ = ["Burgerprofiel", "DossierAway", "DossierRefused", "burgerprofiel"]
