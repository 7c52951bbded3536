"""What the commands show: one module for each answer, one renderer of tables, one formatter of numbers."""
