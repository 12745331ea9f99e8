"""What every endpoint below /api/v1/ has in common; knows no domain word."""
