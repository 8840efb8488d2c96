"""The outbox's tables as the app's migrations see them."""

from pathlib import Path

from sqlalchemy import inspect

from tests.shop import shop


def test_a_second_migration_has_nothing_to_change(tmp_path: Path) -> None:
    """SQLite tells of each column what the metadata say of it; Alembic compares these words."""
    with shop("sqlite", tmp_path) as here, here.app.app_context():
        engine = here.db.engine
        for table in here.db.metadata.tables.values():
            told = {each["name"]: each["type"] for each in inspect(engine).get_columns(table.name)}
            for column in table.columns:
                assert str(told[column.name]) == column.type.compile(engine.dialect), column
