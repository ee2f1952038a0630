"""Bulk operations: queries and mutations over everything, with their results as JSONL files."""
