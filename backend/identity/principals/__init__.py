"""Who a verified token is, kept in memory."""
