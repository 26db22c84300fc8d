package dev.lockstep.ops;

import dev.lockstep.device.Launch;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * AdamW (Loshchilov and Hutter 2019): Adam with decoupled weight decay, on f32 master weights, with
 * the compute copy written in the same pass. Learning rate, step count, clip factor and whether to
 * skip come from the {@link StepState}.
 */
public final class AdamWKernel {
  private static final String IMAGE = "adamw";
  private static final Launch ONE_THREAD = Launch.of(1, 1);

  private final LazyKernel prepare;
  private final KernelFamily step;
  private final Operands operands = new Operands();

  public AdamWKernel(KernelLibrary library) {
    prepare = new LazyKernel(library, IMAGE, "adamw_prepare");
    step = new KernelFamily(library, IMAGE, "adamw_step");
  }

  /**
   * What stays the same for all steps.
   *
   * @param beta1 decay of the mean of gradients, in [0, 1)
   * @param beta2 decay of the mean of squares, in [0, 1)
   * @param eps added to the root of the mean of squares, positive
   * @param weightDecay share of a weight that decays per step and unit of learning rate, ≥ 0
   */
  public record Settings(float beta1, float beta2, float eps, float weightDecay) {
    public Settings {
      requireDecay("beta1", beta1);
      requireDecay("beta2", beta2);
      if (!(eps > 0 && eps < Float.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException("eps " + eps + " must be finite and positive");
      }
      if (!(weightDecay >= 0 && weightDecay < Float.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException(
            "weightDecay " + weightDecay + " must be finite and at least 0");
      }
    }

    private static void requireDecay(String name, float value) {
      if (!(value >= 0 && value < 1)) {
        throw new IllegalArgumentException(name + " " + value + " must be at least 0 and below 1");
      }
    }
  }

  /**
   * Once per step, after the gradient norm and before any {@link #step}: counts the step, or a
   * skipped one where a gradient was not finite, and computes the bias corrections.
   */
  public void prepare(Stream stream, StepState state, Settings settings) {
    operands
        .begin(prepare.get())
        .output("state", state.storage(), StepState.DTYPE, StepState.SHAPE.count())
        .float32((float) Math.log(settings.beta1()))
        .float32((float) Math.log(settings.beta2()))
        .checked()
        .launch(stream, ONE_THREAD);
  }

  /**
   * Updates one parameter; leaves it untouched in a skipped step.
   *
   * @param master f32, updated: the weights
   * @param firstMoment f32, updated: mean of gradients, 0 at first
   * @param secondMoment f32, updated: mean of their squares, 0 at first
   * @param gradient f32, still scaled: the state's gradFactor is applied on the way
   * @param copy f32, f16 or bf16, overwritten with the new weights, rounded
   */
  public void step(
      Stream stream,
      Tensor master,
      Tensor firstMoment,
      Tensor secondMoment,
      Tensor gradient,
      @Nullable Tensor copy,
      Settings settings,
      StepState state) {
    DType dtype = copy == null ? DType.F32 : copy.dtype();
    long n = master.count();
    operands
        .begin(step.of(dtype))
        .output("master", master, DType.F32, n)
        .output("firstMoment", firstMoment, DType.F32, n)
        .output("secondMoment", secondMoment, DType.F32, n)
        .input("gradient", gradient, DType.F32, n)
        .optionalOutput("copy", copy, dtype, n)
        .int64(n)
        .float32(settings.beta1())
        .float32(settings.beta2())
        .float32(settings.eps())
        .float32(settings.weightDecay())
        .input("state", state.storage(), StepState.DTYPE, StepState.SHAPE.count())
        .checked()
        .launch(stream, ElementwiseLaunch.of(n).launch());
  }
}
