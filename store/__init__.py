"""The only place that speaks SQL: tables, migrations, and one module per noun."""
