package dev.lockstep.optim;

import dev.lockstep.device.Stream;
import dev.lockstep.nn.Parameter;
import dev.lockstep.nn.Parameters;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.ops.ParameterTable;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import dev.lockstep.tensor.TensorArena;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The parameters of a model with the moments an optimiser keeps of them, and their table. */
final class ModelTable implements AutoCloseable {
  private final TensorArena arena = new TensorArena();
  private final Parameters parameters;
  private final List<Tensor> moments = new ArrayList<>();
  private final ParameterTable table;

  /** Moments, all zero, and their table; waits for the stream. */
  ModelTable(
      KernelLibrary library,
      Parameters parameters,
      int moments,
      double weightDecay,
      WeightDecayScope scope,
      Stream stream) {
    this.parameters = parameters;
    for (int i = 0; i < moments; i++) {
      this.moments.add(arena.tensor(DType.F32, Shape.of(parameters.flatLength())));
    }
    List<ParameterTable.Entry> entries =
        parameters.list().stream()
            .map(parameter -> entry(parameter, scope.takesIn(parameter) ? weightDecay : 0))
            .toList();
    Tensor storage = arena.tensor(DType.I32, ParameterTable.storageShape(entries));
    arena.allocate(library.device());
    this.moments.forEach(moment -> moment.zero(stream));
    table = new ParameterTable(stream, storage, entries);
  }

  private ParameterTable.Entry entry(Parameter parameter, double weightDecay) {
    @Nullable Tensor copy = parameters.copies() == null ? null : parameter.compute();
    return new ParameterTable.Entry(
        parameter.master(),
        parameter.gradient(),
        copy,
        moments.stream().map(moment -> parameters.partOf(moment, parameter)).toList(),
        (float) weightDecay);
  }

  ParameterTable table() {
    return table;
  }

  /** One of the moments by parameter name; waits for the stream. */
  Map<String, float[]> read(Stream stream, int moment) {
    return parameters.read(stream, moments.get(moment));
  }

  /** Replaces one of the moments; waits for the stream. */
  void write(Stream stream, int moment, Map<String, float[]> values) {
    parameters.write(stream, moments.get(moment), values);
  }

  @Override
  public void close() {
    arena.close();
  }
}
