"""The Celery application: brokers, queues, and the manners that long jobs need."""

import os
from typing import Any

from celery import Celery
from celery.signals import task_postrun, worker_process_init, worker_process_shutdown

from workers import queue
from workers.allocator import limit_arenas, trim
from workers.logs import configure_logs
from workers.runtime import Runtime
from workers.settings import Settings, settings_from_environment

SOFT_LIMIT_SECONDS = 6 * 3600
SWEEP_PATIENCE = 30
BULK, BUILDS, WEB = "bulk", "builds", "web"


def make_celery(settings: Settings) -> Celery:
    """Return the application for the settings' broker.

    Results are not kept: the database holds the truth. A message is acknowledged after the
    work, and the redelivery time-out is longer than any task, so none runs twice for slowness.
    """
    queue.register()
    celery = Celery("weft", broker=settings.resolved_broker_url, include=["workers.tasks"])
    celery.conf.update(
        broker_transport_options=_transport_options(settings),
        broker_connection_retry_on_startup=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_ignore_result=True,
        task_soft_time_limit=SOFT_LIMIT_SECONDS,
        task_time_limit=SOFT_LIMIT_SECONDS + 60,
        task_default_queue=BULK,
        task_routes={
            "workers.tasks.run_build": {"queue": BUILDS},
            "workers.tasks.group_works": {"queue": BUILDS},
            "workers.tasks.poll_sources": {"queue": WEB},
        },
        worker_prefetch_multiplier=1,
        worker_redirect_stdouts=False,  # Celery swallows what is logged where it redirects it
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        beat_schedule={
            "sweep": {
                "task": "workers.tasks.sweep",
                "schedule": settings.sweep_seconds,
                # busy workers take it when their turn is over
                "options": {"expires": max(settings.sweep_seconds, SWEEP_PATIENCE)},
            },
            "compact": {
                "task": "workers.tasks.compact",
                "schedule": settings.compact_seconds,
                "options": {"expires": settings.compact_seconds},
            },
        },
        beat_schedule_filename=str(settings.data_dir / "beat"),
    )
    return celery


def _transport_options(settings: Settings) -> dict[str, Any]:
    if settings.broker_url is not None:
        return {
            "visibility_timeout": SOFT_LIMIT_SECONDS + 3600,
            "socket_connect_timeout": 2,
            "socket_timeout": 10,
        }
    queue = settings.data_dir.resolve() / "queue"
    folders = {name: queue / name for name in ("messages", "control")}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    return {
        "data_folder_in": str(folders["messages"]),
        "data_folder_out": str(folders["messages"]),
        "control_folder": str(folders["control"]),
        "polling_interval": 0.1,
    }


# here since all processes, API and workers, come by before their threads start
limit_arenas()
celery = make_celery(settings_from_environment())
runtime = Runtime(settings_from_environment())


@worker_process_init.connect  # type: ignore[untyped-decorator]
def _begin(**_: object) -> None:
    configure_logs(runtime.settings)
    os.nice(runtime.settings.worker_niceness)


@task_postrun.connect  # type: ignore[untyped-decorator]
def _tidy(**_: object) -> None:
    trim()


@worker_process_shutdown.connect  # type: ignore[untyped-decorator]
def _end(**_: object) -> None:
    runtime.close()
