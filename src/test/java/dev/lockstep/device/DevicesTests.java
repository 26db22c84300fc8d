package dev.lockstep.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which device is taken, and what is said about those that are not. */
class DevicesTests {
  @TempDir private Path folder;
  private final ClassLoader before = Thread.currentThread().getContextClassLoader();

  @AfterEach
  void restoreClassLoader() {
    Thread.currentThread().setContextClassLoader(before);
  }

  @Test
  void autoTakesTheMostPreferredThatWorks() {
    offer(Simulator.class, WorkingGpu.class);

    Devices.Choice choice = Devices.open("auto", DeviceOptions.defaults());

    assertThat(choice.device().info().provider()).isEqualTo("gpu");
    assertThat(choice.reason()).isEqualTo("found one");
  }

  @Test
  void autoSaysWhyABetterOneWasPassedOver() {
    offer(BrokenGpu.class, Simulator.class);

    Devices.Choice choice = Devices.open("auto", DeviceOptions.defaults());

    assertThat(choice.device().info().provider()).isEqualTo("sim");
    assertThat(choice.reason()).isEqualTo("no gpu: driver missing; runs anywhere");
  }

  @Test
  void autoPassesOverADeviceWithoutAnOptionAskedFor() {
    offer(PlainGpu.class, Simulator.class);
    DeviceOptions options = DeviceOptions.defaults().withSanitize(true);

    Devices.Choice choice = Devices.open("auto", options);

    assertThat(choice.device().info().provider()).isEqualTo("sim");
    assertThat(choice.reason()).isEqualTo("no gpu: it has no sanitizer; runs anywhere");
    offer(PlainGpu.class);
    assertThatThrownBy(() -> Devices.open("auto", options))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("it has no sanitizer");
  }

  @Test
  void autoWithoutAnyWorkingDeviceListsAllReasons() {
    offer(BrokenGpu.class);
    assertThatThrownBy(() -> Devices.open("auto", DeviceOptions.defaults()))
        .isInstanceOf(DeviceException.class)
        .hasMessageContaining("no gpu: driver missing");
  }

  @Test
  void aNamedDeviceIsTakenThoughABetterOneWorks() {
    offer(WorkingGpu.class, Simulator.class);

    Devices.Choice choice = Devices.open("sim", DeviceOptions.defaults());

    assertThat(choice.device().info().provider()).isEqualTo("sim");
    assertThat(choice.reason()).isEqualTo("asked for by name; runs anywhere");
  }

  @Test
  void aNamedDeviceIsNeverReplacedInSilence() {
    offer(BrokenGpu.class, Simulator.class);
    assertThatThrownBy(() -> Devices.open("gpu", DeviceOptions.defaults()))
        .isInstanceOf(DeviceException.class)
        .hasMessage("device gpu cannot run here: driver missing");
  }

  @Test
  void anUnknownNameListsTheKnownOnes() {
    offer(Simulator.class, WorkingGpu.class);
    assertThatThrownBy(() -> Devices.open("tpu", DeviceOptions.defaults()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("unknown device \"tpu\"; known: auto, gpu, sim");
  }

  /** Makes these the only providers the {@link java.util.ServiceLoader} of this thread finds. */
  @SafeVarargs
  private void offer(Class<? extends DeviceProvider>... providers) {
    String services = "META-INF/services/" + DeviceProvider.class.getName();
    String names = Stream.of(providers).map(Class::getName).collect(Collectors.joining("\n"));
    try {
      Path file = Files.writeString(folder.resolve("providers"), names);
      URL url = file.toUri().toURL();
      Thread.currentThread()
          .setContextClassLoader(
              new ClassLoader(DevicesTests.class.getClassLoader()) {
                @Override
                public Enumeration<URL> getResources(String name) throws IOException {
                  return name.equals(services)
                      ? Collections.enumeration(List.of(url))
                      : super.getResources(name);
                }
              });
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** A provider of devices that only know their name. */
  private abstract static class Fake implements DeviceProvider {
    private final String name;
    private final int preference;
    private final Availability availability;

    Fake(String name, int preference, Availability availability) {
      this.name = name;
      this.preference = preference;
      this.availability = availability;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public int preference() {
      return preference;
    }

    @Override
    public Availability availability() {
      return availability;
    }

    @Override
    public Device open(DeviceOptions options) {
      return new NamedDevice(name);
    }
  }

  public static final class WorkingGpu extends Fake {
    public WorkingGpu() {
      super("gpu", 10, new Availability(true, "found one"));
    }
  }

  public static final class PlainGpu extends Fake {
    public PlainGpu() {
      super("gpu", 10, new Availability(true, "found one"));
    }

    @Override
    public Device open(DeviceOptions options) {
      if (options.sanitize()) {
        throw new IllegalArgumentException("it has no sanitizer");
      }
      return super.open(options);
    }
  }

  public static final class BrokenGpu extends Fake {
    public BrokenGpu() {
      super("gpu", 10, new Availability(false, "driver missing"));
    }
  }

  public static final class Simulator extends Fake {
    public Simulator() {
      super("sim", 1, new Availability(true, "runs anywhere"));
    }
  }

  private record NamedDevice(String provider) implements Device {
    @Override
    public DeviceInfo info() {
      return new DeviceInfo(provider, provider, "0.0", 1, 0, 0);
    }

    @Override
    public DeviceBuffer allocate(long bytes) {
      throw new UnsupportedOperationException();
    }

    @Override
    public KernelModule load(KernelImage image) {
      throw new UnsupportedOperationException();
    }

    @Override
    public dev.lockstep.device.Stream newStream() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Event newEvent() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
  }
}
