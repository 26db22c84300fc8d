package dev.lockstep.device;

/**
 * How a device is to run. A provider refuses an option it does not know, by name.
 *
 * @param threads worker threads of the simulator; 0 takes one per core. Never changes a result
 * @param stepLimit instructions one warp of the simulator may execute in one launch before it is
 *     called stuck; 0 takes the default
 * @param gpu the GPU the simulator models, by name: its number of multiprocessors, memories and
 *     limits
 * @param anyTarget whether the simulator also loads what was compiled for a newer GPU than it
 *     models; so as long as nobody named a GPU
 * @param sanitize whether the simulator looks for memory mistakes that a GPU would not report:
 *     uninitialised values, shared-memory races and others
 * @param schedule in which order the simulator's warps take turns
 * @param approximation what approximate instructions return
 * @param matrixMode how tensor-core instructions add up
 * @param tier how the simulator executes; never changes a result
 */
public record DeviceOptions(
    int threads,
    long stepLimit,
    String gpu,
    boolean anyTarget,
    boolean sanitize,
    Schedule schedule,
    Approximation approximation,
    MatrixMode matrixMode,
    ExecutionTier tier) {
  /** What the simulator models unless told otherwise. */
  public static final String DEFAULT_GPU = "a100";

  /** More threads than any machine has cores; systems refuse some thousands. */
  public static final int MOST_THREADS = 1024;

  /**
   * Checks what is given.
   *
   * @throws IllegalArgumentException when a number is out of its range
   */
  public DeviceOptions {
    if (threads < 0 || threads > MOST_THREADS) {
      throw new IllegalArgumentException(
          "threads %d must be from 0 (all cores) to %d".formatted(threads, MOST_THREADS));
    }
    if (stepLimit < 0) {
      throw new IllegalArgumentException(
          "stepLimit " + stepLimit + " must be 0 (the default) or more");
    }
  }

  /** Everything as the provider likes it. */
  public static DeviceOptions defaults() {
    return new DeviceOptions(
        0,
        0,
        DEFAULT_GPU,
        true,
        false,
        Schedule.IN_ORDER,
        Approximation.EXACT,
        MatrixMode.FAST,
        ExecutionTier.AUTO);
  }

  /** The same with another {@link #threads()}. */
  public DeviceOptions withThreads(int count) {
    return new DeviceOptions(
        count, stepLimit, gpu, anyTarget, sanitize, schedule, approximation, matrixMode, tier);
  }

  /** The same with another {@link #stepLimit()}. */
  public DeviceOptions withStepLimit(long limit) {
    return new DeviceOptions(
        threads, limit, gpu, anyTarget, sanitize, schedule, approximation, matrixMode, tier);
  }

  /** Names the GPU, which then loads only what runs on it. */
  public DeviceOptions withGpu(String name) {
    return new DeviceOptions(
        threads, stepLimit, name, false, sanitize, schedule, approximation, matrixMode, tier);
  }

  /** The same with another {@link #sanitize()}. */
  public DeviceOptions withSanitize(boolean on) {
    return new DeviceOptions(
        threads, stepLimit, gpu, anyTarget, on, schedule, approximation, matrixMode, tier);
  }

  /** The same with another {@link #schedule()}. */
  public DeviceOptions withSchedule(Schedule order) {
    return new DeviceOptions(
        threads, stepLimit, gpu, anyTarget, sanitize, order, approximation, matrixMode, tier);
  }

  /** The same with another {@link #approximation()}. */
  public DeviceOptions withApproximation(Approximation mode) {
    return new DeviceOptions(
        threads, stepLimit, gpu, anyTarget, sanitize, schedule, mode, matrixMode, tier);
  }

  /** The same with another {@link #matrixMode()}. */
  public DeviceOptions withMatrixMode(MatrixMode mode) {
    return new DeviceOptions(
        threads, stepLimit, gpu, anyTarget, sanitize, schedule, approximation, mode, tier);
  }

  /** The same with another {@link #tier()}. */
  public DeviceOptions withTier(ExecutionTier how) {
    return new DeviceOptions(
        threads, stepLimit, gpu, anyTarget, sanitize, schedule, approximation, matrixMode, how);
  }
}
