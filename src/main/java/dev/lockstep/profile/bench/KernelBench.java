package dev.lockstep.profile.bench;

import dev.lockstep.device.ComputeCapability;
import dev.lockstep.device.Counter;
import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceException;
import dev.lockstep.device.DeviceMemoryException;
import dev.lockstep.device.DeviceProvider.Availability;
import dev.lockstep.device.FusedMatrixLibrary;
import dev.lockstep.device.GpuModel;
import dev.lockstep.device.KernelCounters;
import dev.lockstep.device.Launch;
import dev.lockstep.device.LaunchCounts;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.FusedLinear;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.ops.KernelResources;
import dev.lockstep.ops.MatrixEngine;
import dev.lockstep.ops.MatrixPrecision;
import dev.lockstep.ptx.PtxKernel;
import dev.lockstep.ptx.PtxParser;
import dev.lockstep.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/**
 * Runs cases on a device: counts what they do where the device counts, and takes the time
 * otherwise. Close it before the device.
 */
public final class KernelBench implements AutoCloseable {
  private final Device device;
  private final KernelLibrary library;
  private final Stream stream;
  private final Optional<KernelCounters> counters;
  private final Optional<GpuModel> gpu;
  private final Map<DType, Pattern> patterns = CaseMemory.patterns();
  private final Map<String, PtxKernel> texts = new HashMap<>();

  public KernelBench(Device device) {
    this.device = device;
    library = new KernelLibrary(device);
    counters = device.capability(KernelCounters.class);
    gpu = GpuModel.of(device.info());
    stream = device.newStream(); // last, since nothing would close it if another failed
  }

  /** Whether results say what was counted; otherwise, how long it took. */
  public boolean counts() {
    return counters.isPresent();
  }

  /** What the device is or models, where that is known. */
  public Optional<GpuModel> gpu() {
    return gpu;
  }

  /** Whether a case is done by a library of the device's, not by our own kernels. */
  public static boolean isByLibrary(BenchCase row) {
    return row.group().equals(LibraryCases.GROUP);
  }

  /** Why this device cannot run a case, in one line; empty when it can. */
  public Optional<String> obstacle(BenchCase row) {
    if (!isByLibrary(row)) {
      return Optional.empty();
    }
    if (row.kernel().startsWith(LibraryCases.FUSED)) {
      Optional<FusedMatrixLibrary> fused = device.capability(FusedMatrixLibrary.class);
      if (fused.isEmpty()) {
        return Optional.of(
            "%s: the device %s has no %s"
                .formatted(LibraryCases.FUSED, device.info().provider(), LibraryCases.FUSED));
      }
      Availability answer = fused.get().availability();
      return answer.available()
          ? Optional.empty()
          : Optional.of(LibraryCases.FUSED + ": " + answer.reason());
    }
    return MatrixEngine.LIBRARY.obstacle(device);
  }

  /** Hears of a case that cannot be run. */
  public interface Refusal {
    /**
     * Goes on without the case, or throws.
     *
     * @param why an op refuses the shape, or the device or its library the work
     */
    void refused(BenchCase row, RuntimeException why);
  }

  /**
   * Runs one case; all it needed is free again afterwards.
   *
   * @throws IllegalArgumentException when an op refuses the shape
   * @throws DeviceException when the device has not enough memory
   */
  public BenchResult measure(BenchCase row) {
    return measure(
            List.of(row),
            (refused, why) -> {
              throw why;
            })
        .getFirst();
  }

  /**
   * Runs cases that are compared; where they are timed, they take turns. All they needed is free
   * again afterwards.
   */
  public List<BenchResult> measure(List<BenchCase> rows, Refusal refusal) {
    return counters.isPresent() ? counted(rows, counters.get(), refusal) : timed(rows, refusal);
  }

  private List<BenchResult> counted(
      List<BenchCase> rows, KernelCounters counting, Refusal refusal) {
    List<BenchResult> results = new ArrayList<>();
    for (BenchCase row : rows) {
      try (CaseMemory memory = new CaseMemory(device, stream, patterns)) {
        BenchCase.Pass pass = row.plan().prepare(library, memory);
        stream.synchronize();
        LaunchLog log = new LaunchLog(stream);
        results.add(result(row, log, pass.counted(counting, log), Optional.empty()));
      } catch (RuntimeException e) {
        refusal.refused(row, e);
      }
    }
    return results;
  }

  private record Ready(BenchCase row, BenchCase.Pass pass, LaunchLog log) {}

  /** Those of them that are in memory together. Where they do not fit, the rest follows apart. */
  private List<BenchResult> timed(List<BenchCase> rows, Refusal refusal) {
    List<BenchResult> results = new ArrayList<>();
    List<Ready> ready = new ArrayList<>();
    List<BenchCase> later = List.of();
    List<CaseMemory> taken = new ArrayList<>();
    try (Stopwatch watch = new Stopwatch(device, stream, gpu)) {
      for (int i = 0; i < rows.size() && later.isEmpty(); i++) {
        CaseMemory memory = new CaseMemory(device, stream, patterns);
        taken.add(memory);
        try {
          ready.add(ready(rows.get(i), memory));
        } catch (RuntimeException e) {
          memory.close();
          if (e instanceof DeviceMemoryException && !ready.isEmpty()) {
            later = rows.subList(i, rows.size());
          } else {
            refusal.refused(rows.get(i), e);
          }
        }
      }
      List<Timing> times = watch.times(ready.stream().map(Ready::pass).toList());
      for (int i = 0; i < ready.size(); i++) {
        Ready each = ready.get(i);
        results.add(result(each.row(), each.log(), List.of(), Optional.of(times.get(i))));
      }
    } finally {
      taken.forEach(CaseMemory::close);
    }
    if (!later.isEmpty()) {
      results.addAll(timed(later, refusal));
    }
    return results;
  }

  private Ready ready(BenchCase row, CaseMemory memory) {
    BenchCase.Pass pass = row.plan().prepare(library, memory);
    LaunchLog log = new LaunchLog(stream);
    pass.launch(log);
    stream.synchronize();
    return new Ready(row, pass, log);
  }

  /**
   * What this device does at best, by its own clock.
   *
   * @param dtype of the product
   * @param product M, N and K; empty for none
   * @throws DeviceException when it has not enough memory for that
   */
  public Peaks peaks(DType dtype, Optional<Shape> product) {
    MatrixEngine engine =
        MatrixEngine.LIBRARY.obstacle(device).isEmpty() ? MatrixEngine.LIBRARY : MatrixEngine.OWN;
    List<BenchCase.Pass> passes = new ArrayList<>();
    try (Stopwatch watch = new Stopwatch(device, stream, gpu);
        CaseMemory memory = new CaseMemory(device, stream, patterns)) {
      long copied = watch.copy(stream);
      passes.add(watch::copy);
      for (MatrixPrecision precision : List.of(MatrixPrecision.FP32, MatrixPrecision.TF32)) {
        if (product.isPresent() && (dtype == DType.F32 || precision == MatrixPrecision.FP32)) {
          passes.add(
              new ProductPasses(
                      dtype, product.get(), kernels -> new FusedLinear(kernels, precision, engine))
                  .forward()
                  .prepare(library, memory));
        }
      }
      List<Timing> times = watch.times(passes);
      double flops = product.map(shape -> 2.0 * shape.count()).orElse(0.0);
      return new Peaks(
          copied / times.getFirst().seconds(),
          rate(flops, times, 1),
          rate(flops, times, 2),
          engine == MatrixEngine.LIBRARY ? "the library" : "our kernel");
    }
  }

  private static OptionalDouble rate(double flops, List<Timing> times, int place) {
    return place < times.size()
        ? OptionalDouble.of(flops / times.get(place).seconds())
        : OptionalDouble.empty();
  }

  @Override
  public void close() {
    patterns.values().forEach(Pattern::close);
    stream.close();
    library.close();
  }

  private BenchResult result(
      BenchCase row, LaunchLog log, List<LaunchCounts> counts, Optional<Timing> timing) {
    Map<String, Launch> kernels = new LinkedHashMap<>();
    log.entries().forEach(entry -> kernels.putIfAbsent(entry.kernel(), entry.launch()));
    String main = counts.isEmpty() ? widest(kernels) : busiest(counts);
    return new BenchResult(
        row,
        List.copyOf(kernels.keySet()),
        main,
        Objects.requireNonNull(kernels.get(main), "counted without being launched"),
        log.entries().size(),
        resources(main),
        compiled(main),
        kernels.keySet().stream()
            .flatMap(kernel -> resources(kernel).stream())
            .mapToInt(KernelResources::spillBytes)
            .sum(),
        gpu,
        counts.isEmpty() ? Optional.empty() : Optional.of(Traffic.of(counts)),
        counts.isEmpty() ? Optional.empty() : Optional.of(Arithmetic.of(counts)),
        ProductCounts.of(counts, main, loop(main, counts)),
        timing);
  }

  private Optional<KernelResources> resources(String kernel) {
    return gpu.flatMap(model -> resources(kernel, model.capability()));
  }

  private Optional<KernelResources> resources(String kernel, ComputeCapability capability) {
    return library.resources(kernel, capability.architecture());
  }

  private Map<ComputeCapability, KernelResources> compiled(String kernel) {
    Map<ComputeCapability, KernelResources> compiled = new LinkedHashMap<>();
    for (ComputeCapability shown : Architectures.SHOWN) {
      resources(kernel, shown).ifPresent(taken -> compiled.put(shown, taken));
    }
    return compiled;
  }

  /** Found in the first launch, since it is where it is in all of them. */
  private Optional<MainLoop> loop(String main, List<LaunchCounts> counts) {
    return counts.stream()
        .filter(launch -> launch.kernel().equals(main))
        .filter(launch -> launch.totals().get(Counter.TENSOR) > 0)
        .findFirst()
        .flatMap(launch -> MainLoop.find(parsed(main), launch));
  }

  private PtxKernel parsed(String entry) {
    return texts.computeIfAbsent(entry, this::parse);
  }

  private PtxKernel parse(String entry) {
    return PtxParser.parse(library.ptx(entry)).kernels().stream()
        .filter(kernel -> kernel.name().equals(entry))
        .findFirst()
        .orElseThrow();
  }

  /** The kernel whose launches requested most together. */
  private static String busiest(List<LaunchCounts> counts) {
    Map<String, List<LaunchCounts>> byKernel =
        counts.stream().collect(Collectors.groupingBy(LaunchCounts::kernel));
    return Collections.max(
            byKernel.entrySet(),
            Comparator.comparingLong(launches -> Traffic.of(launches.getValue()).sectors()))
        .getKey();
  }

  /** Where nothing is counted, the kernel with the most threads is taken for the busiest. */
  private static String widest(Map<String, Launch> kernels) {
    return Collections.max(
            kernels.entrySet(),
            Comparator.comparingLong(
                kernel -> kernel.getValue().grid().count() * kernel.getValue().block().count()))
        .getKey();
  }
}
