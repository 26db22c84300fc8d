package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.data.SafetensorsReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Whole runs of a tiny model, on the simulator. */
class TrainCommandTests {
  private static final List<String> TINY =
      List.of(
          "train --device sim --batch 8 --context 4 --embedding 8 --width 16 --hidden 24 --blocks 1"
              .split(" "));

  @TempDir private Path folder;
  private Path text;

  @BeforeEach
  void someText() throws IOException {
    text = Files.writeString(folder.resolve("text"), "Colourless green ideas sleep. ".repeat(9));
  }

  @Test
  void multipliesInTf32WhenAskedTo() {
    Run run = train("--steps", "1", "--precision", "tf32", "--sample", "0", "--profile");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("swiglu_forward_tf32", "linear_forward_tf32", "linear_backward_weight_tf32")
        .doesNotContain("linear_forward_f32", "swiglu_forward_f32");
  }

  @Test
  void writesEverythingItPromises() throws IOException {
    Run run = train("--steps", "3", "--log-every", "1", "--sample", "8", "--profile");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .contains("device     sim: ", "parameters", "bits per byte", "order-2", "sample\n  | ")
        .contains("linear_forward_bf16")
        .doesNotContain("\033");

    JsonNode summary = JsonMapper.shared().readTree(Files.readAllBytes(folder.resolve("s.json")));
    assertThat(summary.propertyNames())
        .contains("device", "deviceReason", "parameters", "flopsPerStep", "steps", "seed", "losses")
        .contains("validationBitsPerByte", "baselines", "secondsPerStep", "sample", "checkpoint");
    assertThat(summary.get("baselines").propertyNames())
        .containsExactly("order0", "order1", "order2");
    assertThat(summary.get("device").asString()).isEqualTo("sim");
    assertThat(summary.get("steps").asInt()).isEqualTo(3);
    assertThat(summary.get("losses")).hasSize(3);

    try (SafetensorsReader checkpoint =
        SafetensorsReader.open(Path.of(summary.get("checkpoint").asString()))) {
      assertThat(checkpoint.tensors()).isNotEmpty();
    }
    assertThat(folder.resolve("out/log.jsonl")).exists();
  }

  @Test
  void theSameSeedGivesTheSameLossesOnAnyNumberOfThreads() throws IOException {
    JsonNode one = losses("--steps", "2", "--threads", "1");
    assertThat(one).hasSize(2);
    assertThat(losses("--steps", "2", "--threads", "3")).isEqualTo(one);
    assertThat(losses("--steps", "2", "--threads", "1", "--seed", "2")).isNotEqualTo(one);
  }

  @Test
  void writesCheckpointsOnTheWayAndRefusesToGoOnFromTheLast() throws IOException {
    Run run = train("--steps", "4", "--checkpoint-every", "2");
    assertThat(run.out()).contains("2  checkpoint ", "4  checkpoint ");
    Path last = folder.resolve("out/checkpoint.safetensors");
    Run over = train("--steps", "4");
    assertThat(over.code()).isEqualTo(2);
    assertThat(over.errLines()).singleElement().asString().contains("holds an earlier run");
    Run again = train("--steps", "4", "--resume", last.toString());
    assertThat(again.code()).isEqualTo(2);
    assertThat(again.errLines()).singleElement().asString().contains("of step 4 already");
    Path log = folder.resolve("out/log.jsonl");
    Files.writeString(log, "{\"step\":5,", StandardOpenOption.APPEND);
    assertThat(train("--steps", "5", "--resume", last.toString()).out())
        .contains("log.jsonl ended within a line", "10 bytes cut off", "     5 ");
  }

  /** The command draws the bytes the run drew at its end, given the prompt that had. */
  @Test
  void aCheckpointGeneratesText() {
    train("--steps", "2", "--sample", "0");
    String file = folder.resolve("out/checkpoint.safetensors").toString();
    Run text = sample(file, "--length", "30", "--prompt", "green", "--precision", "fp32");
    assertThat(text.code()).as(text.err()).isZero();
    assertThat(text.out().strip()).isNotEmpty();
    Run again = sample(file, "--length", "30", "--prompt", "green", "--precision", "fp32");
    assertThat(again.out()).isEqualTo(text.out());
    assertThat(sample(file, "--length", "30", "--prompt", "green", "--seed", "2").out())
        .isNotEqualTo(text.out());
    assertThat(sample(file, "--length", "-1").errLines())
        .singleElement()
        .asString()
        .contains("length -1 must be at least 0");
    Run missing = sample(folder.resolve("none").toString());
    assertThat(missing.code()).isEqualTo(2);
    assertThat(missing.errLines()).singleElement().asString().contains("none cannot be read");
  }

  private static Run sample(String file, String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("sample", "--device", "sim", "--checkpoint", file));
    arguments.addAll(List.of(more));
    return Run.lockstep(arguments.toArray(String[]::new));
  }

  /** The log cannot be written from the start; the run's work is saved all the same. */
  @Test
  void aFullDiskUnderTheLogLosesNoStep() throws IOException {
    Path full = Path.of("/dev/full");
    Assumptions.assumeTrue(Files.exists(full), "this system has no /dev/full");
    Path log = Files.createDirectories(folder.resolve("out")).resolve("log.jsonl");
    Files.createSymbolicLink(log, full);
    Path checkpoint = folder.resolve("out/checkpoint.safetensors");
    Run run = train("--steps", "6", "--log-every", "2", "--sample", "0");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.errLines())
        .singleElement()
        .asString()
        .endsWith(
            "log.jsonl cannot be written: No space left on device; the last good checkpoint, of"
                + " step 1, is "
                + checkpoint);
    assertThat(sample(checkpoint.toString(), "--length", "1").code()).isZero();
  }

  private JsonNode losses(String... more) throws IOException {
    Run run =
        train(Stream.concat(Stream.of("--overwrite"), Stream.of(more)).toArray(String[]::new));
    assertThat(run.code()).as(run.err()).isZero();
    return JsonMapper.shared().readTree(Files.readAllBytes(folder.resolve("s.json"))).get("losses");
  }

  private Run train(String... more) {
    List<String> arguments = new ArrayList<>(TINY);
    arguments.addAll(List.of("--data", text.toString(), "--out", folder.resolve("out").toString()));
    arguments.addAll(List.of("--json", folder.resolve("s.json").toString()));
    arguments.addAll(List.of(more));
    return Run.lockstep(arguments.toArray(String[]::new));
  }
}
