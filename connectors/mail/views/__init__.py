"""Pages of the mail connector: the ledger, and the demo's page of the customer's mailbox."""
