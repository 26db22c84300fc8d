package dev.lockstep.ops;

import dev.lockstep.device.Device;
import dev.lockstep.device.Kernel;
import dev.lockstep.device.KernelImage;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.MatrixLibrary;
import dev.lockstep.device.MatrixProducts;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The packaged kernels on one device. Images are loaded when one of their kernels is first asked
 * for and unloaded on {@link #close}, which must come before the device's. Thread-safe.
 */
public final class KernelLibrary implements AutoCloseable {
  private static final String FOLDER = "/dev/lockstep/kernels/";
  private static final String INDEX = "kernels.json";

  private final Device device;
  private final Function<String, @Nullable InputStream> files;
  private final KernelIndex index;
  private final Map<String, KernelModule> modules = new HashMap<>();
  private @Nullable MatrixProducts products;
  private boolean closed;

  /**
   * The kernels packaged with Lockstep.
   *
   * @throws IllegalStateException when none are packaged
   */
  public KernelLibrary(Device device) {
    this(device, file -> KernelLibrary.class.getResourceAsStream(FOLDER + file));
  }

  /** Kernels from somewhere else: {@code files} opens a file by name, or answers null. */
  KernelLibrary(Device device, Function<String, @Nullable InputStream> files) {
    this.device = device;
    this.files = files;
    this.index =
        read(INDEX, KernelIndex::read).orElseThrow(() -> new IllegalStateException(missing(INDEX)));
  }

  /** The device the kernels run on. */
  public Device device() {
    return device;
  }

  /**
   * A kernel, valid until this library is closed.
   *
   * @param image for example {@code rmsnorm}
   * @param entry for example {@code rmsnorm_backward_bf16}
   * @throws IllegalArgumentException when there is no such image or entry; the message lists them
   * @throws dev.lockstep.device.DeviceException when the device refuses the image
   */
  public synchronized Kernel kernel(String image, String entry) {
    if (closed) {
      throw new IllegalStateException("the kernel library is closed");
    }
    index.require(image, entry);
    return modules.computeIfAbsent(image, this::load).kernel(entry);
  }

  /**
   * The matrix products of the device's own library, opened when first asked for and closed with
   * this one.
   *
   * @throws IllegalArgumentException when the device has none, with the reason
   * @throws dev.lockstep.device.DeviceException when it cannot be opened
   */
  public synchronized MatrixProducts products() {
    if (closed) {
      throw new IllegalStateException("the kernel library is closed");
    }
    MatrixProducts known = products;
    if (known == null) {
      MatrixEngine.LIBRARY.require(device);
      known = device.capability(MatrixLibrary.class).orElseThrow().open();
      products = known;
    }
    return known;
  }

  /**
   * What a packaged kernel takes, where its compiler was asked for that architecture.
   *
   * @param entry for example {@code rmsnorm_backward_bf16}
   * @param architecture for example {@code sm_90}
   */
  public Optional<KernelResources> resources(String entry, String architecture) {
    return Optional.ofNullable(index.resources().getOrDefault(entry, Map.of()).get(architecture));
  }

  /**
   * The PTX of the image a packaged kernel is in.
   *
   * @param entry for example {@code rmsnorm_backward_bf16}
   * @throws IllegalArgumentException when no image has it
   */
  public String ptx(String entry) {
    return ptxOf(index.imageOf(entry));
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (products != null) {
      products.close();
    }
    modules.values().forEach(KernelModule::close);
    modules.clear();
  }

  private KernelModule load(String image) {
    Optional<byte[]> fatbin = read(image + ".fatbin", KernelLibrary::readAll);
    return device.load(new KernelImage(image, ptxOf(image), fatbin));
  }

  private String ptxOf(String image) {
    return read(image + ".ptx", in -> new String(readAll(in), StandardCharsets.UTF_8))
        .orElseThrow(() -> new IllegalStateException(missing(image + ".ptx")));
  }

  private <T> Optional<T> read(String file, Function<InputStream, T> reader) {
    try (InputStream in = files.apply(file)) {
      return in == null ? Optional.empty() : Optional.of(reader.apply(in));
    } catch (IOException failure) {
      throw new UncheckedIOException("cannot read packaged kernel file " + file, failure);
    }
  }

  private static byte[] readAll(InputStream in) {
    try {
      return in.readAllBytes();
    } catch (IOException failure) {
      throw new UncheckedIOException("cannot read a packaged kernel file", failure);
    }
  }

  private static String missing(String file) {
    return "the build packaged no " + FOLDER + file + "; compile the kernels and build again";
  }
}
