package dev.lockstep.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.cuda.standin.OnStandIn;
import dev.lockstep.cuda.standin.StandInDriver;
import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.Event;
import dev.lockstep.device.Graph;
import dev.lockstep.device.Graphs;
import dev.lockstep.device.HostBuffer;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.KernelImage;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.Stream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Devices opened and closed over and over leave no native memory behind. */
@OnStandIn
@Tag("own-jvm")
class OpenCloseCyclesTests {
  /** What each cycle takes, that a leak of it would show. */
  private static final long BYTES = 256 << 10;

  @TempDir Path folder;

  @Test
  void fiveHundredCycles() throws IOException, InterruptedException {
    assertNoGrowth(300, 500, 8 << 20); // 3 MB were seen: methods are still being compiled
  }

  @Test
  @Tag("sweep")
  void tenThousandCycles() throws IOException, InterruptedException {
    assertNoGrowth(3000, 10_000, 1 << 20); // 0.1 MB were seen: 100 bytes a cycle would show
  }

  /**
   * In a JVM whose memory settles, so that what grows is ours: the whole heap resident from the
   * start, no optimizing compiler, whose own memory grows for minutes and by more than a leak
   * would, and one arena of the C library for all threads.
   */
  private void assertNoGrowth(int before, int measured, long most)
      throws IOException, InterruptedException {
    assertThat(measured * BYTES).as("what a leak would be").isGreaterThan(2 * most);
    Path output = folder.resolve("output");
    ProcessBuilder jvm =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED",
                "--add-modules=jdk.incubator.vector",
                "-XX:+UseSerialGC",
                "-Xms128m",
                "-Xmx128m",
                "-XX:+AlwaysPreTouch",
                "-XX:TieredStopAtLevel=1",
                "-D" + StandInDriver.PROPERTY + "=true",
                "-cp",
                System.getProperty("java.class.path"),
                Cycles.class.getName(),
                Integer.toString(before),
                Integer.toString(measured))
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    jvm.environment().put("MALLOC_ARENA_MAX", "1");
    assertThat(jvm.start().waitFor()).as(() -> contents(output)).isZero();
    long growth = Long.parseLong(contents(output).replaceAll("(?s).*grew by (-?\\d+).*", "$1"));
    assertThat(growth).as("growth of resident memory").isLessThan(most);
  }

  private static String contents(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** The other JVM's program. */
  static final class Cycles {
    public static void main(String[] arguments) throws IOException {
      int before = Integer.parseInt(arguments[0]);
      int measured = Integer.parseInt(arguments[1]);
      long first = 0;
      for (int i = 0; i < before + measured; i++) {
        if (i == before) {
          first = resident();
        }
        once();
      }
      System.out.println("grew by " + (resident() - first));
    }
  }

  private static void once() {
    try (Device device = StandInDriver.open();
        KernelModule module = device.load(KernelImage.ofPtx("tour", CudaTour.PTX));
        Stream stream = device.newStream();
        Event event = device.newEvent();
        DeviceBuffer buffer = device.allocate(BYTES);
        HostBuffer pinned = device.allocateHost(4096);
        Graph graph =
            device
                .capability(Graphs.class)
                .orElseThrow()
                .capture(s -> s.fill(buffer, 0, 64, (byte) 1))) {
      stream.copyToDevice(buffer, 0, pinned.memory());
      stream.launch(graph);
      stream.launch(
          module.kernel("store"),
          CudaTour.one(),
          new KernelArgs().address(buffer, BYTES - 4).int32(1));
      stream.record(event);
      stream.synchronize();
    }
  }

  /** Bytes of this process that are in memory. */
  private static long resident() throws IOException {
    System.gc();
    String pages = Files.readString(Path.of("/proc/self/statm")).split(" ")[1];
    return Long.parseLong(pages) * 4096;
  }
}
