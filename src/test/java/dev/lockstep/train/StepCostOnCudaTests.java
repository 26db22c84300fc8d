package dev.lockstep.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.cuda.standin.OnStandIn;
import dev.lockstep.cuda.standin.StandInDriver;
import dev.lockstep.data.BatchSampler;
import dev.lockstep.data.Corpus;
import dev.lockstep.device.Device;
import dev.lockstep.device.Graphs;
import dev.lockstep.device.Stream;
import dev.lockstep.device.ThreadAllocation;
import dev.lockstep.nn.LanguageModelConfig;
import dev.lockstep.nn.ModelParameters;
import dev.lockstep.nn.OpSet;
import dev.lockstep.nn.Parameters;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.optim.LearningRateSchedule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a training step leaves on the Java heap: batches drawn, inputs sent, all of it queued. */
@OnStandIn
class StepCostOnCudaTests {
  private static final LanguageModelConfig MODEL =
      LanguageModelConfig.builder().context(4).embedding(8).width(24).hidden(40).blocks(1).build();

  @TempDir Path folder;

  private int done;

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aStepAllocatesLessThanAKilobyte(boolean inAGraph) throws IOException {
    Path text = Files.writeString(folder.resolve("text"), "quick zephyrs blow. ".repeat(9));
    TrainConfig config =
        TrainConfig.builder().model(MODEL).batch(8).accumulation(2).data(text).build();
    Corpus corpus = Corpus.load(text);
    BatchSampler sampler = new BatchSampler(corpus, MODEL.context(), 1);
    LearningRateSchedule schedule = config.schedule();
    try (Device device = StandInDriver.open();
        KernelLibrary library = new KernelLibrary(device);
        Stream stream = device.newStream();
        Parameters parameters =
            new Parameters(library, ModelParameters.specs(MODEL), config.precision().dtype());
        StepWindow window = new StepWindow(device, config, device.newStream());
        TrainingStep step =
            new TrainingStep(
                config,
                library,
                OpSet.of(library),
                parameters,
                window,
                inAGraph ? device.capability(Graphs.class).orElseThrow() : null,
                stream)) {
      parameters.initialize(stream, 1);
      Runnable one =
          () -> {
            int place = done % window.size();
            for (int pass = 0; pass < config.accumulation(); pass++) {
              sampler.fill(window.batch(place, pass), done, pass * config.batch());
            }
            step.queue(stream, place, schedule.at(done % config.steps()));
            done++;
          };
      one.run();
      one.run();
      one.run();
      stream.synchronize();
      try (StandInDriver.Changed empty =
          StandInDriver.get()
              .emptied(
                  "cuCtxSetCurrent",
                  "cuMemcpyHtoDAsync_v2",
                  "cuMemcpyDtoDAsync_v2",
                  "cuMemsetD8Async",
                  "cuLaunchKernel",
                  "cuEventRecord",
                  "cuStreamWaitEvent",
                  "cuGraphLaunch")) {
        assertThat(ThreadAllocation.leastPerCall(one, 2000)).as("bytes").isLessThan(1024);
      }
    }
  }
}
