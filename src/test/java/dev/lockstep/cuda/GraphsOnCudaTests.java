package dev.lockstep.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lockstep.cuda.standin.CallLog;
import dev.lockstep.cuda.standin.OnStandIn;
import dev.lockstep.cuda.standin.StandInDriver;
import dev.lockstep.device.CaptureException;
import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceException;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.device.Event;
import dev.lockstep.device.Graph;
import dev.lockstep.device.Graphs;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.KernelImage;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.Launch;
import dev.lockstep.device.Stream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import jcuda.driver.CUresult;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Work captured once and repeated with one call of the driver. */
@OnStandIn
class GraphsOnCudaTests {
  private final CallLog calls = StandInDriver.get().calls();
  private final Arena arena = Arena.ofConfined();
  private final Device device = StandInDriver.open();
  private final Graphs graphs = device.capability(Graphs.class).orElseThrow();
  private final KernelModule module = device.load(KernelImage.ofPtx("tour", CudaTour.PTX));
  private final Stream stream = device.newStream();
  private final Event event = device.newEvent();
  private final DeviceBuffer buffer = device.allocate(64);
  private final DeviceBuffer source = device.allocate(64);
  private final MemorySegment host = arena.allocate(64, 8);

  @AfterEach
  void close() {
    calls.reset();
    for (AutoCloseable each : List.<AutoCloseable>of(source, buffer, event, stream, module)) {
      try {
        each.close();
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    }
    device.close();
    arena.close();
  }

  private Graph copyThenStore(int value) {
    return graphs.capture(
        s -> {
          s.copyOnDevice(buffer, 0, source, 0, 32);
          s.launch(module.kernel("store"), CudaTour.one(), args(buffer, 4, value));
        });
  }

  private static KernelArgs args(DeviceBuffer buffer, long offset, int value) {
    return new KernelArgs().address(buffer, offset).int32(value);
  }

  private int read(DeviceBuffer from, long offset) {
    stream.copyToHost(host.asSlice(0, 4), from, offset);
    stream.synchronize();
    return host.get(ValueLayout.JAVA_INT, 0);
  }

  @Test
  void nothingHappensUntilItIsLaunchedAndThenAsOftenAsThat() {
    stream.fill(buffer, 0, 64, (byte) 1);
    stream.fill(source, 0, 64, (byte) 2);
    try (Graph graph = copyThenStore(7)) {
      assertThat(read(buffer, 0)).as("only captured").isEqualTo(0x01010101);
      stream.launch(graph);
      assertThat(read(buffer, 0)).isEqualTo(0x02020202);
      assertThat(read(buffer, 4)).as("in captured order").isEqualTo(7);
      stream.fill(source, 0, 64, (byte) 3);
      stream.launch(graph);
      assertThat(read(buffer, 0)).as("what lies in memory now").isEqualTo(0x03030303);
      assertThat(read(buffer, 4)).isEqualTo(7);
    }
  }

  @Test
  void aReplayIsOneCallOfTheDriver() {
    List<String> made = new ArrayList<>();
    stream.fill(source, 0, 64, (byte) 2);
    try (Graph graph = copyThenStore(7)) {
      calls.interfere(
          (export, nth) -> {
            made.add(export);
            return 0;
          });
      stream.launch(graph);
    }
    assertThat(made).startsWith("cuCtxSetCurrent", "cuGraphLaunch", "cuCtxSetCurrent");
    assertThat(made.get(3)).as("closing").isEqualTo("cuGraphExecDestroy");
  }

  /** Each is refused with the reason, and leaves device and thread as they were. */
  @Test
  void whatCannotBeRepeatedIsRefusedWhileCapturing() {
    Launch one = CudaTour.one();
    try (Graph graph = copyThenStore(1)) {
      List<Consumer<Stream>> forbidden =
          List.of(
              Stream::synchronize,
              s -> s.record(event),
              s -> s.await(event),
              s -> s.launch(graph),
              s -> stream.fill(buffer, 0, 4, (byte) 0),
              s -> stream.launch(module.kernel("nothing"), one, new KernelArgs()),
              s -> stream.synchronize(),
              s -> device.allocate(8),
              s -> device.allocateHost(8),
              s -> device.newStream(),
              s -> device.newEvent(),
              s -> device.load(KernelImage.ofPtx("again", CudaTour.PTX)),
              s -> graphs.capture(inner -> {}),
              s -> buffer.close(),
              s -> stream.close(),
              s -> module.close(),
              s -> graph.close(),
              s -> device.close());
      for (Consumer<Stream> work : forbidden) {
        assertThatThrownBy(() -> graphs.capture(work))
            .as("number %d", forbidden.indexOf(work))
            .isInstanceOf(IllegalStateException.class)
            .hasMessageStartingWith("this thread captures a graph");
        stream.launch(graph);
        stream.synchronize();
      }
    }
  }

  @Test
  void workThatFailsEndsTheCapture() {
    RuntimeException failure = new IllegalArgumentException("in the work");
    assertThatThrownBy(
            () ->
                graphs.capture(
                    s -> {
                      s.fill(buffer, 0, 4, (byte) 1);
                      throw failure;
                    }))
        .isSameAs(failure);
    copyThenStore(3).close();
    stream.synchronize();
  }

  @Test
  void otherThreadsGoOnMeanwhile() {
    stream.fill(source, 0, 64, (byte) 2);
    Graph graph =
        graphs.capture(
            s -> {
              try (var other = Executors.newSingleThreadExecutor()) {
                Future<?> done =
                    other.submit(
                        () -> {
                          device.allocate(8).close();
                          stream.fill(buffer, 0, 64, (byte) 4);
                          stream.synchronize();
                        });
                assertThat(done).succeedsWithin(Duration.ofSeconds(30));
              }
              s.copyOnDevice(buffer, 0, source, 0, 4);
            });
    assertThat(read(buffer, 0)).isEqualTo(0x04040404);
    stream.launch(graph);
    assertThat(read(buffer, 0)).isEqualTo(0x02020202);
    graph.close();
  }

  @Test
  void aGraphIsUsableWhileItAndItsKernelsAre() {
    Graph closed = copyThenStore(1);
    closed.close();
    assertThatThrownBy(() -> stream.launch(closed))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the graph is closed");
    Graph left = copyThenStore(2);
    module.close();
    assertThatThrownBy(() -> stream.launch(left))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("module tour is closed");
    try (Device simulator = Devices.open("sim", DeviceOptions.defaults()).device();
        Stream elsewhere = simulator.newStream()) {
      assertThat(simulator.capability(Graphs.class)).isEmpty();
      assertThatThrownBy(() -> elsewhere.launch(left))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("another device");
    }
  }

  @Test
  void aFaultNamesTheKernelsOfTheGraph() {
    DeviceBuffer freed = device.allocate(64);
    try (Graph graph =
        graphs.capture(
            s -> {
              s.launch(module.kernel("nothing"), CudaTour.one(), new KernelArgs());
              s.launch(module.kernel("store"), CudaTour.one(), args(freed, 0, 1));
            })) {
      freed.close();
      stream.launch(graph);
      assertThat(catchThrowableOfType(DeviceException.class, stream::synchronize))
          .hasMessageContaining("cuStreamSynchronize failed with 700")
          .hasMessageContaining("since the last wait: a graph of nothing, store");
    }
  }

  /** A capture the driver gave up for a reason of its own. */
  @Test
  void aCaptureTheDriverGivesUpIsAnError() {
    calls.fail("cuStreamEndCapture", CUresult.CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    assertThatThrownBy(() -> copyThenStore(1))
        .isInstanceOf(CaptureException.class)
        .hasMessageStartingWith("cuStreamEndCapture failed with 901")
        .extracting(failure -> ((CaptureException) failure).code())
        .isEqualTo(CUresult.CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
  }

  /** Where the device is lost or full, no way of queueing helps. */
  @ParameterizedTest
  @ValueSource(ints = {CUresult.CUDA_ERROR_LAUNCH_FAILED, CUresult.CUDA_ERROR_OUT_OF_MEMORY})
  void aDeviceThatFailsMeanwhileDoesNotRefuseTheCapture(int code) {
    calls.fail("cuStreamEndCapture", code);
    assertThatThrownBy(() -> copyThenStore(1))
        .isInstanceOf(DeviceException.class)
        .isNotInstanceOf(CaptureException.class)
        .hasMessageStartingWith("cuStreamEndCapture failed with " + code);
  }
}
