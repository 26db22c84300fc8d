package dev.lockstep.optim;

import dev.lockstep.device.Stream;
import dev.lockstep.nn.Parameter;
import dev.lockstep.nn.Parameters;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.Fill;
import dev.lockstep.ops.GlobalNorm;
import dev.lockstep.ops.GradientClipping;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.ops.StepState;
import dev.lockstep.ops.TensorTable;
import dev.lockstep.tensor.Tensor;
import dev.lockstep.tensor.TensorArena;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Measures the norm of all gradients together and leaves in the {@link StepState} the factor that
 * brings it down to a bound. The gradients stay as they are: the optimizer applies the factor as it
 * reads them, unless each element has a bound, too.
 */
public final class GradientClipper implements AutoCloseable {
  private final TensorArena arena = new TensorArena();
  private final GlobalNorm globalNorm;
  private final TensorTable table;
  private final Tensor workspace;
  private final GlobalNorm.Options options;
  private final @Nullable GradientClipping byValue;
  private final Fill fill;
  private final float maxValue;

  /**
   * A clipper of the gradients of these parameters; waits for the stream.
   *
   * @param maxNorm the bound, positive; 0 measures without clipping
   */
  public GradientClipper(
      KernelLibrary library, Parameters parameters, double maxNorm, Stream stream) {
    this(library, parameters, maxNorm, 0, stream);
  }

  /**
   * The same, which also brings each element down to a bound, once the factor is applied.
   *
   * @param maxValue the bound on magnitudes, positive; 0 leaves gradients as they are
   */
  public GradientClipper(
      KernelLibrary library,
      Parameters parameters,
      double maxNorm,
      double maxValue,
      Stream stream) {
    this.byValue = maxValue == 0 ? null : new GradientClipping(library);
    this.fill = new Fill(library);
    this.maxValue = (float) maxValue;
    this.globalNorm = new GlobalNorm(library);
    options =
        maxNorm == 0 ? GlobalNorm.Options.measure() : GlobalNorm.Options.clipTo((float) maxNorm);
    List<Tensor> gradients = parameters.list().stream().map(Parameter::gradient).toList();
    Tensor entries = arena.tensor(DType.I32, TensorTable.storageShape(gradients));
    workspace = arena.tensor(DType.F64, GlobalNorm.workspaceShape(gradients));
    arena.allocate(library.device());
    table = new TensorTable(stream, entries, gradients);
  }

  /**
   * Queues the measurement: writes norm, clip factor and the non-finite flag of the state. A bound
   * on values needs gradients without their scale, so with one they are rewritten, and nothing is
   * left for the optimizer to apply.
   */
  public void measure(Stream stream, StepState state) {
    globalNorm.compute(stream, state, table, workspace, options);
    if (byValue != null) {
      byValue.byNormAndValue(stream, table, state, maxValue);
      fill.fill(stream, state.gradFactor(), 1);
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}
