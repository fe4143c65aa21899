"""What other systems read: one verdict in their formats."""
