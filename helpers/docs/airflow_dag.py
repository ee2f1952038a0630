"""For those who have Airflow (3, with the papermill provider): one shop, every night, by the papermill operator.

Copy it into the folder of your DAGs. The workbench must be installed where Airflow's workers run, with the shop's
profile (`unfulfill connect`) of the user that they run as: a secret is never a parameter here.

The operator passes parameters on as they are, where `unfulfill run` checks them; a name that a notebook does not have
is only warned about. It takes an executed notebook for a success unless a cell failed, so the last task reads how the
plan ended: 0 nothing to do, 3 it awaits approval (the task is skipped, and a person applies it by
`unfulfill run 4_plan_and_apply --run RUN --shop SHOP -p approve DIGEST`). Set UNFULFILL_HOME for the workers:
relative paths count from it. All retries are of reading; nothing here applies a plan.

A whole fleet is one BashOperator: bash_command="unfulfill fleet /srv/unfulfill/fleet.toml", skip_on_exit_code=3.
"""

from datetime import datetime, timedelta
from pathlib import Path

from airflow.exceptions import AirflowFailException, AirflowSkipException
from airflow.providers.papermill.operators.papermill import PapermillOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG

from unfulfill.ending import last_ending
from unfulfill.home import notebooks_folder
from unfulfill.parameters import load_notebook

SHOP = "example"  # a profile
RUN = f"/srv/unfulfill/runs/{SHOP}/airflow-{{{{ ts_nodash }}}}"  # on a disk of the machine, not in a network folder
STEPS: dict[str, dict[str, object]] = {
    "1_export": {"since": "last"},
    "2_audit": {},
    "3_mark": {"mark_by_rules": True},
    "4_plan_and_apply": {},
    "5_verify_and_report": {},
}
AWAITS_APPROVAL = 3


def make_folder(run: str) -> None:
    """A run folder is private; papermill makes none."""
    (Path(run) / "notebooks").mkdir(mode=0o700, parents=True, exist_ok=True)
    Path(run).chmod(0o700)


def read_ending(notebook: str) -> None:
    """Say how the plan ended."""
    ending = last_ending(load_notebook(Path(notebook)))
    if ending.exit_status == AWAITS_APPROVAL:
        raise AirflowSkipException(ending.text)
    if ending.exit_status:
        raise AirflowFailException(ending.text)


with DAG(
    "unfulfill",
    schedule="0 2 * * *",
    start_date=datetime(2026, 11, 29),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=5)},
):
    last = PythonOperator(task_id="make_folder", python_callable=make_folder, op_args=[RUN])
    for name, more in STEPS.items():
        step = PapermillOperator(
            task_id=name,
            input_nb=str(notebooks_folder() / f"{name}.ipynb"),
            output_nb=f"{RUN}/notebooks/{name}.ipynb",
            parameters={**more, "shop": SHOP, "run": RUN},
        )
        last >> step
        last = step
    last >> PythonOperator(
        task_id="read_ending",
        python_callable=read_ending,
        op_args=[f"{RUN}/notebooks/4_plan_and_apply.ipynb"],
    )
