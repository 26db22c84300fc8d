package dev.lockstep.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import dev.lockstep.device.MatrixLibrary;
import dev.lockstep.device.MatrixProducts;
import dev.lockstep.device.Stream;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Closing in any order, twice, or from another thread; nothing stays behind. */
@OnStandIn
class OwnershipOnCudaTests {
  private final StandInDriver driver = StandInDriver.get();

  /** A device and one of everything it gives. */
  private static List<AutoCloseable> all() {
    Device device = StandInDriver.open();
    KernelModule module = device.load(KernelImage.ofPtx("tour", CudaTour.PTX));
    Stream stream = device.newStream();
    Event event = device.newEvent();
    DeviceBuffer buffer = device.allocate(1 << 20);
    stream.launch(module.kernel("nothing"), CudaTour.one(), new KernelArgs());
    stream.record(event);
    HostBuffer pinned = device.allocateHost(1 << 10);
    Graph graph =
        device
            .capability(Graphs.class)
            .orElseThrow()
            .capture(s -> s.launch(module.kernel("nothing"), CudaTour.one(), new KernelArgs()));
    MatrixProducts products = device.capability(MatrixLibrary.class).orElseThrow().open();
    stream.prepare(products);
    return new ArrayList<>(List.of(device, module, stream, event, buffer, pinned, graph, products));
  }

  private void assertNothingLeft() {
    assertThat(driver.handles()).isZero();
    assertThat(driver.allocatedBytes()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void anyOrderAndTwice(int seed) throws Exception {
    List<AutoCloseable> things = all();
    Collections.shuffle(things, new Random(seed));
    for (AutoCloseable thing : things) {
      thing.close();
    }
    assertNothingLeft();
    for (AutoCloseable thing : things) {
      thing.close();
    }
  }

  @Test
  void anotherThreadMayCloseWithoutAContextOfItsOwn() throws Exception {
    List<AutoCloseable> things = all().reversed();
    Thread closing =
        Thread.ofPlatform()
            .start(
                () -> {
                  for (AutoCloseable thing : things) {
                    try {
                      thing.close();
                    } catch (Exception e) {
                      throw new AssertionError(e);
                    }
                  }
                });
    closing.join();
    assertNothingLeft();
  }

  @Test
  void twoThreadsMayCloseTheSameThing() throws Exception {
    for (int round = 0; round < 50; round++) {
      List<AutoCloseable> things = all().reversed();
      try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
        CountDownLatch start = new CountDownLatch(2);
        List<Future<?>> closings = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
          closings.add(
              threads.submit(
                  () -> {
                    start.countDown();
                    start.await();
                    for (AutoCloseable thing : things) {
                      thing.close();
                    }
                    return null;
                  }));
        }
        for (Future<?> closing : closings) {
          closing.get();
        }
      }
      assertNothingLeft();
    }
  }

  @Test
  void whatIsUsedAfterItsCloseSaysSo() {
    Device device = StandInDriver.open();
    KernelModule module = device.load(KernelImage.ofPtx("tour", CudaTour.PTX));
    Stream stream = device.newStream();
    DeviceBuffer buffer = device.allocate(8);
    module.close();
    assertThatThrownBy(() -> module.kernel("nothing"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
    HostBuffer pinned = device.allocateHost(8);
    pinned.close();
    assertThatThrownBy(() -> pinned.memory().set(ValueLayout.JAVA_BYTE, 0, (byte) 1))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> stream.copyToDevice(buffer, 0, pinned.memory()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("freed");
    buffer.close();
    assertThatThrownBy(() -> stream.fill(buffer, 0, 8, (byte) 0))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
    stream.close();
    assertThatThrownBy(stream::synchronize)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
    device.close();
    assertThatThrownBy(() -> device.allocate(8))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }

  /** Memory the driver freed with its context must not be within reach. */
  @Test
  void pinnedMemoryGoesWithItsDevice() {
    HostBuffer pinned;
    try (Device device = StandInDriver.open()) {
      pinned = device.allocateHost(8);
      assertThat(pinned.memory().get(ValueLayout.JAVA_LONG, 0)).as("zeroed").isZero();
    }
    assertThatThrownBy(() -> pinned.memory().get(ValueLayout.JAVA_BYTE, 0))
        .isInstanceOf(IllegalStateException.class);
    pinned.close();
  }

  /** All devices of a process share the primary context: it outlives the first that is closed. */
  @Test
  void aDeviceGivesBackWhatWasLeftOpenThoughAnotherIsInUse() {
    try (Device other = StandInDriver.open();
        DeviceBuffer kept = other.allocate(512)) {
      int handles = driver.handles();
      List<AutoCloseable> things = all();
      ((Device) things.getFirst()).close();
      assertThat(driver.allocatedBytes()).isEqualTo(kept.bytes());
      assertThat(driver.handles()).isEqualTo(handles);
    }
  }

  @Test
  void whatWasLeftOpenIsToldWithWhereItWasTaken() {
    CudaDevice device = (CudaDevice) StandInDriver.open();
    try {
      device.allocate(77);
      device.newStream().close();
      assertThat(device.leftOpen())
          .startsWith("what was left open on it: 1\n  a buffer of 77 bytes, taken at ")
          .contains("OwnershipOnCudaTests.whatWasLeftOpenIsToldWithWhereItWasTaken(Ownership");
      for (int i = 0; i < 11; i++) {
        device.newEvent();
      }
      assertThat(device.leftOpen()).contains("open on it: 12\n").endsWith("\n  and 2 more");
    } finally {
      device.close();
    }
    assertNothingLeft();
  }
}
