package dev.lockstep.cuda.standin;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.device.GpuModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The stand-in CUDA driver of this process. A process can have one driver library only and JCuda
 * binds to it once, so tests that use it run in a JVM of their own, marked by a system property.
 */
public final class StandInDriver {
  /** {@code true} in JVMs that may load the stand-in. */
  public static final String PROPERTY = "lockstep.standin";

  /** {@code false} in JVMs that are to have no cuBLAS. */
  public static final String CUBLAS_PROPERTY = "lockstep.standin.cublas";

  private static final Path LIBRARY = Path.of("native", "build", "libcuda.so.1");
  private static final Path CUBLAS = Path.of("native", "build", "libcublas.so.12");
  private static final Path CUBLAS_LT = Path.of("native", "build", "libcublasLt.so.12");

  private static @Nullable StandInDriver loaded;

  private final CallLog calls = new CallLog();
  private final List<NativeTable> tables = new ArrayList<>();
  private final DriverState state;
  private final CublasLtFamily lt;

  private StandInDriver() {
    NativeTable table = load(LIBRARY);
    state = new DriverState(table::thread);
    lt = new CublasLtFamily(state);
    LaunchFamily launches = new LaunchFamily(state);
    new Upcalls(
            calls,
            Gate.Codes.DRIVER,
            List.of(
                new DeviceFamily(state),
                new ErrorFamily(),
                new ContextFamily(state),
                new ModuleFamily(state),
                new FunctionFamily(state),
                new MemoryFamily(state),
                new CopyFamily(state),
                new FillFamily(state),
                new StreamFamily(state),
                new EventFamily(state),
                launches,
                new TensorFamily(state),
                new GraphFamily(state, launches)))
        .bindTo(table);
    if (!"false".equals(System.getProperty(CUBLAS_PROPERTY))) {
      new Upcalls(
              calls, Gate.Codes.CUBLAS, List.of(new CublasFamily(state), new CublasProducts(state)))
          .bindTo(load(CUBLAS));
      new Upcalls(calls, Gate.Codes.CUBLAS, List.of(lt)).bindTo(load(CUBLAS_LT));
    }
  }

  private NativeTable load(Path library) {
    NativeTable table = new NativeTable(library);
    tables.add(table);
    return table;
  }

  /** Why this process cannot have it; empty when it can. */
  public static Optional<String> missing() {
    if (!Boolean.getBoolean(PROPERTY)) {
      return Optional.of(
          "the stand-in driver needs a JVM of its own, which `mvn verify` starts with -D"
              + PROPERTY
              + "=true");
    }
    if (!Files.exists(LIBRARY)) {
      return Optional.of(LIBRARY + " is not built; `make -C native` does, or says why not");
    }
    return Optional.empty();
  }

  /** Loads and binds it, once. */
  public static synchronized StandInDriver get() {
    StandInDriver known = loaded;
    if (known == null) {
      missing()
          .ifPresent(
              why -> {
                throw new IllegalStateException(why);
              });
      known = new StandInDriver();
      loaded = known;
    }
    return known;
  }

  /** The device {@code cuda}, on the stand-in. */
  public static Device open() {
    get();
    return Devices.open("cuda", DeviceOptions.defaults()).device();
  }

  /** What is called, and a say in what it answers. */
  public CallLog calls() {
    return calls;
  }

  /** What is otherwise than usual, until this is closed. */
  public interface Changed extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Lets these exports answer success in C, at once, and do nothing: what remains is the caller's
   * own cost. They are neither counted nor checked. No thread may be inside a call meanwhile.
   */
  public Changed emptied(String... exports) {
    List<Runnable> undo = Stream.of(exports).map(this::empty).toList();
    return () -> undo.forEach(Runnable::run);
  }

  /**
   * Lets it say it is another GPU, until this is closed: a device that is opened meanwhile finds
   * that one's capability and sizes. The simulator behind it stays the same, which executes what
   * was compiled for newer GPUs as far as it knows the instructions.
   *
   * @param gpu the simulator's name, for example {@code h100}
   */
  public Changed modelling(String gpu) {
    GpuModel before = state.gpu.model();
    state.gpu.model(GpuModel.named(gpu));
    return () -> state.gpu.model(before);
  }

  private Runnable empty(String export) {
    return tables.stream()
        .filter(table -> table.names().contains(export))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("there is no export " + export))
        .empty(export);
  }

  /** Calls nothing stands for, and how often each was refused. */
  public Map<String, Long> refused() {
    Map<String, Long> all = new LinkedHashMap<>();
    tables.forEach(table -> all.putAll(table.refused()));
    return all;
  }

  /** Bytes of device memory that was allocated and not freed. */
  public long allocatedBytes() {
    return state.gpu.allocatedBytes();
  }

  /**
   * Contexts, modules, functions, streams, events, graphs, pinned memory and handles of cuBLAS that
   * exist.
   */
  public int handles() {
    return state.contexts.size()
        + state.modules.size()
        + state.functions.size()
        + state.streams.size()
        + state.events.size()
        + state.graphs.size()
        + state.executables.size()
        + state.pinned.size()
        + state.blas.size()
        + lt.size();
  }
}
