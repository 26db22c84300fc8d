package dev.lockstep.train;

import dev.lockstep.nn.Parameters;
import dev.lockstep.ops.StepState;
import dev.lockstep.train.health.HealthJudge;
import dev.lockstep.train.health.HealthProbe;
import dev.lockstep.train.health.StepHealth;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Looks at the first step of a run and at every so many; of each, until its outcome is known. */
final class RunHealth {
  private final int every;
  private final int rows;
  private final Parameters parameters;
  private final HealthJudge judge = new HealthJudge();
  private @Nullable HealthProbe probe;
  private int probed;

  RunHealth(TrainConfig config, Parameters parameters) {
    every = config.run().healthEvery();
    rows = config.rowsPerStep();
    this.parameters = parameters;
  }

  /**
   * The probe of a step that is about to be queued; null where nobody looks.
   *
   * @param step from 1
   * @param first whether it is the first of the run
   */
  @Nullable HealthProbe probe(int step, boolean first) {
    if (every == 0 || !(first || step % every == 0)) {
      return null;
    }
    probe = probe();
    probed = step;
    return probe;
  }

  /** One for rows of a step. */
  HealthProbe probe() {
    return new HealthProbe(parameters, rows);
  }

  /** What was seen of a step, judged, if it was looked at. */
  Optional<StepHealth> take(int step, StepState.Values state) {
    HealthProbe done = probe;
    if (done == null || probed != step) {
      return Optional.empty();
    }
    probe = null;
    return Optional.of(judge.judge(done.health(step, state.lossScale(), state.skip())));
  }
}
