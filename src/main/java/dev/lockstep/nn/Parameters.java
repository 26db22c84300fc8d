package dev.lockstep.nn;

import dev.lockstep.device.Stream;
import dev.lockstep.numeric.CounterRandom;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.Cast;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.tensor.HostTensor;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import dev.lockstep.tensor.TensorArena;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * All parameters of a model and their memory: masters, gradients and compute copies, each one
 * contiguous tensor, in which parameters lie by {@linkplain ParameterSpec.Kind kind}. So clearing
 * all gradients is one fill.
 */
public final class Parameters implements AutoCloseable {
  /** Elements; keeps every parameter at a multiple of 128 bytes in a 16-bit copy too. */
  private static final long ALIGNMENT = 64;

  private final TensorArena arena = new TensorArena();
  private final List<Parameter> list;
  private final Map<String, Parameter> byName = new LinkedHashMap<>();
  private final Tensor masters;
  private final Tensor gradients;
  private final @Nullable Tensor copies;
  private final @Nullable Cast cast;

  /**
   * Memory for these parameters, uninitialised.
   *
   * @param compute the type kernels compute with: f32, f16 or bf16
   * @throws dev.lockstep.device.DeviceException when the device has not enough memory
   */
  public Parameters(KernelLibrary library, List<ParameterSpec> specs, DType compute) {
    Map<String, Long> offsets = new HashMap<>();
    Shape flat = Shape.of(layOut(specs, offsets));
    masters = arena.tensor(DType.F32, flat);
    gradients = arena.tensor(DType.F32, flat);
    boolean copied = compute != DType.F32;
    copies = copied ? arena.tensor(compute, flat) : null;
    cast = copied ? new Cast(library) : null;
    for (ParameterSpec spec : specs) {
      long offset = Objects.requireNonNull(offsets.get(spec.name()));
      Tensor master = part(masters, offset, spec);
      Tensor copy = copies == null ? master : part(copies, offset, spec);
      byName.put(spec.name(), new Parameter(spec, master, part(gradients, offset, spec), copy));
    }
    list = List.copyOf(byName.values());
    arena.allocate(library.device());
  }

  /** Gives each parameter a place, kind after kind; the length of all together. */
  private static long layOut(List<ParameterSpec> specs, Map<String, Long> offsets) {
    long at = 0;
    for (ParameterSpec.Kind kind : ParameterSpec.Kind.values()) {
      for (ParameterSpec spec : specs) {
        if (spec.kind() == kind) {
          if (offsets.put(spec.name(), at) != null) {
            throw new IllegalArgumentException("two parameters are named " + spec.name());
          }
          at = Math.ceilDiv(Math.addExact(at, spec.shape().count()), ALIGNMENT) * ALIGNMENT;
        }
      }
    }
    return at;
  }

  private static Tensor part(Tensor flat, long offset, ParameterSpec spec) {
    return flat.slice(offset, spec.shape().count()).reshape(spec.shape());
  }

  /** All parameters, in the order of the specifications. */
  public List<Parameter> list() {
    return list;
  }

  /**
   * The parameter of that name.
   *
   * @throws IllegalArgumentException when there is none; the message lists the names
   */
  public Parameter get(String name) {
    Parameter parameter = byName.get(name);
    if (parameter == null) {
      throw new IllegalArgumentException(
          "no parameter \"" + name + "\"; there are " + byName.keySet());
    }
    return parameter;
  }

  /** Number of trainable values, padding not counted. */
  public long count() {
    return list.stream().mapToLong(parameter -> parameter.master().count()).sum();
  }

  /** Elements of each flat tensor, padding counted: what optimizer state must be as long as. */
  public long flatLength() {
    return masters.count();
  }

  /** All masters as one f32 tensor; zeros between parameters stay zeros under any optimizer. */
  public Tensor masters() {
    return masters;
  }

  /** All gradients as one f32 tensor. */
  public Tensor gradients() {
    return gradients;
  }

  /** All compute copies as one tensor; null where kernels compute with the masters. */
  public @Nullable Tensor copies() {
    return copies;
  }

  /** The part of any tensor laid out as the masters are that belongs to a parameter. */
  public Tensor partOf(Tensor flat, Parameter parameter) {
    return part(flat, offsetOf(parameter), parameter.spec());
  }

  /** Queues clearing all gradients. */
  public void clearGradients(Stream stream) {
    gradients.zero(stream);
  }

  /** Gives every parameter its first values, which the seed determines; waits for the stream. */
  public void initialize(Stream stream, long seed) {
    CounterRandom random = CounterRandom.of(seed).child("parameters");
    Map<String, float[]> values = new HashMap<>();
    for (Parameter parameter : list) {
      CounterRandom own = random.child(parameter.name());
      Initializer initializer = parameter.spec().initializer();
      float[] first = new float[Math.toIntExact(parameter.master().count())];
      for (int i = 0; i < first.length; i++) {
        first[i] = initializer.value(own, i);
      }
      values.put(parameter.name(), first);
    }
    load(stream, values);
  }

  /**
   * Gives every parameter these values; waits for the stream.
   *
   * @param values for each parameter name its elements, row-major
   * @throws IllegalArgumentException when one is missing or has another number of elements
   */
  public void load(Stream stream, Map<String, float[]> values) {
    write(stream, masters, values);
    refreshCopies(stream);
  }

  /** {@link #load} for any tensor laid out as the masters are; padding becomes zero. */
  public void write(Stream stream, Tensor flat, Map<String, float[]> values) {
    for (Parameter parameter : list) {
      float[] own = values.get(parameter.name());
      if (own == null || own.length != parameter.master().count()) {
        throw new IllegalArgumentException(
            "parameter %s%s: %s"
                .formatted(
                    parameter.name(),
                    parameter.master().shape(),
                    own == null ? "no values given" : own.length + " values given"));
      }
    }
    flat.zero(stream);
    for (Parameter parameter : list) {
      partOf(flat, parameter)
          .copyFrom(stream, Objects.requireNonNull(values.get(parameter.name())));
    }
  }

  /** The masters by name; waits for the stream. */
  public Map<String, float[]> read(Stream stream) {
    return read(stream, masters);
  }

  /** Any tensor laid out as the masters are, by parameter name; waits for the stream. */
  public Map<String, float[]> read(Stream stream, Tensor flat) {
    Map<String, float[]> values = new LinkedHashMap<>();
    try (HostTensor host = new HostTensor(DType.F32, flat.shape())) {
      flat.copyTo(stream, host);
      stream.synchronize();
      for (Parameter parameter : list) {
        long first = offsetOf(parameter);
        float[] own = new float[Math.toIntExact(parameter.master().count())];
        for (int i = 0; i < own.length; i++) {
          own[i] = (float) host.get(first + i);
        }
        values.put(parameter.name(), own);
      }
    }
    return values;
  }

  private long offsetOf(Parameter parameter) {
    return (parameter.master().byteOffset() - masters.byteOffset()) / Float.BYTES;
  }

  /** Queues rounding the masters into the compute copies. */
  private void refreshCopies(Stream stream) {
    if (copies != null && cast != null) {
      cast.cast(stream, copies, masters);
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}
