package dev.lockstep.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.cuda.standin.OnStandIn;
import dev.lockstep.cuda.standin.StandInDriver;
import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.Event;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.KernelImage;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.Stream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Devices opened and closed over and over leave no native memory behind. */
@OnStandIn
class OpenCloseCyclesTests {
  /** What each cycle takes, that a leak of it would show. */
  private static final long BYTES = 256 << 10;

  /** The JVM's own memory comes and goes: compiled code, collected heap, the C library's arenas. */
  private static final long NOISE = 48L << 20;

  @Test
  void sixHundredCycles() throws IOException {
    cycle(200, 600);
  }

  @Test
  @Tag("sweep")
  void tenThousandCycles() throws IOException {
    cycle(1000, 10_000);
  }

  private static void cycle(int before, int measured) throws IOException {
    long first = 0;
    for (int i = 0; i < before + measured; i++) {
      if (i == before) {
        first = resident();
      }
      once();
    }
    assertThat(measured * BYTES).as("what a leak would be").isGreaterThan(2 * NOISE);
    assertThat(resident() - first).as("growth of resident memory").isLessThan(NOISE);
    assertThat(StandInDriver.get().handles()).isZero();
    assertThat(StandInDriver.get().allocatedBytes()).isZero();
  }

  private static void once() {
    try (Device device = StandInDriver.open();
        KernelModule module = device.load(KernelImage.ofPtx("tour", CudaTour.PTX));
        Stream stream = device.newStream();
        Event event = device.newEvent();
        DeviceBuffer buffer = device.allocate(BYTES)) {
      stream.launch(
          module.kernel("store"),
          CudaTour.one(),
          new KernelArgs().address(buffer, BYTES - 4).int32(1));
      stream.record(event);
      stream.synchronize();
    }
  }

  /** Bytes of this process that are in memory, without the Java heap's. */
  private static long resident() throws IOException {
    System.gc();
    String pages = Files.readString(Path.of("/proc/self/statm")).split(" ")[1];
    Runtime heap = Runtime.getRuntime();
    return Long.parseLong(pages) * 4096 - heap.totalMemory();
  }
}
