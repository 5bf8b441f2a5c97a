"""Training of both networks on samples drawn anew for every step."""

import json
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from convert.eyes.eye_sets import EyePatchSet, load_cew, load_eyes96
from convert.eyes.face_set import FaceSet, load_face_sets
from convert.eyes.locator_samples import locator_sample, pick_face
from convert.eyes.networks import build_locator, build_state
from convert.eyes.state_samples import StateSampler, StateSources

logger = logging.getLogger(__name__)

LABEL_SMOOTHING: Final = 0.03
REPORT_EVERY: Final = 250
POOL_SIZE: Final = 12_000
REUSE: Final = 3

Sample = tuple[NDArray[np.float32], NDArray[np.float32]]
Batch = Sample
Draw = Callable[[], Sample]


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """How long and how fast a network learns; AdamW with a linear warm-up and a cosine decay.

    `start` is a trained network to go on from.
    """

    steps: int
    batch: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    warm_up_steps: int = 200
    seed: int = 1
    start: Path | None = None


LOCATOR_PLAN: Final = TrainingPlan(steps=4600)
STATE_PLAN: Final = TrainingPlan(steps=3000)


def load_training_faces(prepared: Path) -> tuple[FaceSet, ...]:
    """The faces to train on, out of the folder that `prepare` filled."""
    sets = load_face_sets(prepared / "faces.npz", prepared / "landmarks.npz")
    return tuple(faces.part(held_out=False) for faces in sets.values())


def load_training_patches(data: Path) -> tuple[EyePatchSet, ...]:
    """The labelled patches to train on: everybody but the people kept for testing."""
    return load_cew(data).part(test=False), load_eyes96(data).part(test=False)


def train_locator(faces: tuple[FaceSet, ...], out: Path, plan: TrainingPlan = LOCATOR_PLAN) -> Path:
    """Train the eye locator and save it as `out`/locator.keras."""
    rng = np.random.default_rng(plan.seed)
    sizes = np.sqrt([len(part) for part in faces])

    def draw() -> Sample:
        part = faces[int(rng.choice(len(faces), p=sizes / sizes.sum()))]
        return locator_sample(pick_face(part, rng), rng)

    def loss(target: Any, answer: Any) -> Any:
        import tensorflow as tf

        # The knee of the Huber loss is then at a fortieth of the crop, a fifteenth of the distance
        # between the eyes.
        return tf.reduce_mean(tf.keras.losses.huber(target * 40, answer * 40))

    return _train(build_locator, draw, loss, plan, out / "locator.keras")


def train_state(sources: StateSources, out: Path, plan: TrainingPlan = STATE_PLAN) -> Path:
    """Train the eye-state network and save it as `out`/state.keras."""
    rng = np.random.default_rng(plan.seed)
    sampler = StateSampler(sources)
    logger.info("natural eyes by class and set: %s", sampler.natural_counts)

    def draw() -> Sample:
        patch, label = sampler.draw(rng)
        target = np.full(3, LABEL_SMOOTHING / 3, np.float32)
        target[label] += 1 - LABEL_SMOOTHING
        return patch, target

    def loss(target: Any, answer: Any) -> Any:
        import tensorflow as tf

        return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(target, answer))

    return _train(build_state, draw, loss, plan, out / "state.keras")


def _train(
    build: Callable[[], Any],
    draw: Draw,
    loss: Callable[[Any, Any], Any],
    plan: TrainingPlan,
    file: Path,
) -> Path:
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(plan.seed)
    network = keras.models.load_model(plan.start) if plan.start else build()
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0,
        plan.steps - plan.warm_up_steps,
        warmup_target=plan.learning_rate,
        warmup_steps=plan.warm_up_steps,
    )
    optimizer = keras.optimizers.AdamW(
        schedule,
        weight_decay=plan.weight_decay,
        use_ema=True,
        ema_momentum=0.998,
        global_clipnorm=5.0,
    )
    optimizer.build(network.trainable_variables)

    @tf.function  # type: ignore[untyped-decorator]
    def step(images: Any, targets: Any) -> Any:
        with tf.GradientTape() as tape:
            value = loss(targets, network(images, training=True))
        gradients = tape.gradient(value, network.trainable_variables)
        optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=True))
        return value

    pool = _SamplePool(draw, plan)
    mean, curve = 0.0, []
    for number in range(1, plan.steps + 1):
        value = float(step(*pool.batch()))
        mean = value if number == 1 else 0.99 * mean + 0.01 * value
        if number % REPORT_EVERY == 0 or number == plan.steps:
            curve.append({"step": number, "loss": round(mean, 5)})
            logger.info("%s: step %d of %d, loss %.4f", file.stem, number, plan.steps, mean)
    optimizer.finalize_variable_values(network.trainable_variables)
    _settle_normalisation(network, draw)
    file.parent.mkdir(parents=True, exist_ok=True)
    network.save(file)
    record = {"plan": asdict(plan) | {"start": str(plan.start or "")}, "curve": curve}
    file.with_suffix(".json").write_text(json.dumps(record, indent=1), encoding="utf-8")
    return file


class _SamplePool:
    """Batches of which a part is drawn anew and the rest was seen before.

    Drawing and degrading a sample costs as much as learning from it; used `REUSE` times, hundreds
    of steps apart, it still teaches.
    """

    def __init__(self, draw: Draw, plan: TrainingPlan) -> None:
        self._draw = draw
        self._batch = plan.batch
        self._fresh = plan.batch // REUSE
        self._rng = np.random.default_rng(plan.seed)
        self._samples: list[Sample] = []

    def batch(self) -> Batch:
        """Images (n, height, width, 1) and targets (n, k), float32."""
        while len(self._samples) < POOL_SIZE // 8:
            self._samples.append(self._draw())
        for _ in range(self._fresh):
            sample = self._draw()
            if len(self._samples) < POOL_SIZE:
                self._samples.append(sample)
            else:
                self._samples[int(self._rng.integers(POOL_SIZE))] = sample
        chosen = self._rng.integers(len(self._samples), size=self._batch)
        images, targets = zip(*(self._samples[int(row)] for row in chosen), strict=True)
        return np.stack(images)[..., None], np.stack(targets)


def _settle_normalisation(network: Any, draw: Draw) -> None:
    """Let the running statistics follow the averaged weights, which they were not taken with."""
    for _ in range(60):
        network(np.stack([draw()[0] for _ in range(64)])[..., None], training=True)
