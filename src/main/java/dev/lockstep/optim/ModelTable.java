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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The parameters of a model with the moments an optimiser keeps of them, and their table. */
final class ModelTable implements AutoCloseable {
  private final TensorArena arena = new TensorArena();
  private final Parameters parameters;
  private final Map<String, Tensor> moments = new LinkedHashMap<>();
  private final ParameterTable table;

  /** Moments of these names, all zero, and their table; waits for the stream. */
  ModelTable(
      KernelLibrary library,
      Parameters parameters,
      List<String> moments,
      double weightDecay,
      WeightDecayScope scope,
      Stream stream) {
    this.parameters = parameters;
    for (String name : moments) {
      this.moments.put(name, arena.tensor(DType.F32, Shape.of(parameters.flatLength())));
    }
    List<ParameterTable.Entry> entries =
        parameters.list().stream()
            .map(parameter -> entry(parameter, scope.takesIn(parameter) ? weightDecay : 0))
            .toList();
    Tensor storage = arena.tensor(DType.I32, ParameterTable.storageShape(entries));
    arena.allocate(library.device());
    this.moments.values().forEach(moment -> moment.zero(stream));
    table = new ParameterTable(stream, storage, entries);
  }

  private ParameterTable.Entry entry(Parameter parameter, double weightDecay) {
    @Nullable Tensor copy = parameters.copies() == null ? null : parameter.compute();
    return new ParameterTable.Entry(
        parameter.master(),
        parameter.gradient(),
        copy,
        moments.values().stream().map(moment -> parameters.partOf(moment, parameter)).toList(),
        (float) weightDecay);
  }

  ParameterTable table() {
    return table;
  }

  /** {@link Optimizer#moments}. */
  List<String> moments() {
    return List.copyOf(moments.keySet());
  }

  /** {@link Optimizer#read}. */
  Map<String, float[]> read(Stream stream, String moment) {
    Tensor kept = moments.get(moment);
    if (kept == null) {
      throw new IllegalArgumentException(
          "no moment \"" + moment + "\" is kept; there are " + moments.keySet());
    }
    return parameters.read(stream, kept);
  }

  /** {@link Optimizer#load}. */
  void load(Stream stream, Map<String, Map<String, float[]>> values) {
    moments.forEach(
        (name, kept) -> parameters.write(stream, kept, values.getOrDefault(name, Map.of())));
  }

  @Override
  public void close() {
    arena.close();
  }
}
