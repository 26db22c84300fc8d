package dev.lockstep.optim;

import dev.lockstep.device.Stream;
import dev.lockstep.nn.Parameter;
import dev.lockstep.nn.Parameters;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.GlobalNorm;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.ops.StepState;
import dev.lockstep.ops.TensorTable;
import dev.lockstep.tensor.Tensor;
import dev.lockstep.tensor.TensorArena;
import java.util.List;

/**
 * Measures the norm of all gradients together and leaves in the {@link StepState} the factor that
 * brings it down to a bound. The gradients stay as they are: the optimizer applies the factor as it
 * reads them.
 */
public final class GradientClipper implements AutoCloseable {
  private final TensorArena arena = new TensorArena();
  private final GlobalNorm globalNorm;
  private final TensorTable table;
  private final Tensor workspace;
  private final GlobalNorm.Options options;

  /**
   * A clipper of the gradients of these parameters; waits for the stream.
   *
   * @param maxNorm the bound, positive; 0 measures without clipping
   */
  public GradientClipper(
      KernelLibrary library, Parameters parameters, double maxNorm, Stream stream) {
    this.globalNorm = new GlobalNorm(library);
    options =
        maxNorm == 0 ? GlobalNorm.Options.measure() : GlobalNorm.Options.clipTo((float) maxNorm);
    List<Tensor> gradients = parameters.list().stream().map(Parameter::gradient).toList();
    Tensor entries = arena.tensor(DType.I32, TensorTable.storageShape(gradients));
    workspace = arena.tensor(DType.F64, GlobalNorm.workspaceShape(gradients));
    arena.allocate(library.device());
    table = new TensorTable(stream, entries, gradients);
  }

  /** Queues the measurement: writes norm, clip factor and the non-finite flag of the state. */
  public void measure(Stream stream, StepState state) {
    globalNorm.compute(stream, state, table, workspace, options);
  }

  @Override
  public void close() {
    arena.close();
  }
}
