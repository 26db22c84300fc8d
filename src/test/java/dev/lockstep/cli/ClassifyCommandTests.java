package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.data.Glyphs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Whole runs of a tiny classifier, on the simulator. */
class ClassifyCommandTests {
  @TempDir private Path folder;
  private Path data;

  @BeforeEach
  void digits() throws IOException {
    data = Files.createDirectory(folder.resolve("digits"));
    Glyphs.write(data, "train", 60, 28, 1);
  }

  @Test
  void writesEverythingItPromises() throws IOException {
    Run run =
        train(
            "--steps",
            "4",
            "--log-every",
            "2",
            "--validate-every",
            "2",
            "--json",
            folder.resolve("s.json").toString(),
            "--report",
            folder.resolve("r.html").toString());
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .contains("images     --data " + data + ": 54 to train on, 6 held out")
        .contains("task=classify", "model.features=784", "model.classes=10", "images/s")
        .containsPattern("validation \\d\\.\\d{4} nats, \\d+\\.\\d\\d % right on the held-out im")
        .containsPattern("always saying \\d, the most frequent of the rest: \\d+\\.\\d\\d % right")
        .containsPattern("best       .*best.safetensors, of step [24]: \\d\\.\\d{4} nats")
        .doesNotContain("bits", "tokens", "sample", "temperature", "headMemory");
    JsonNode summary = JsonMapper.shared().readTree(Files.readAllBytes(folder.resolve("s.json")));
    assertThat(summary.get("task").asString()).isEqualTo("classify");
    assertThat(summary.get("losses")).hasSize(4);
    assertThat(summary.get("validationLoss").asDouble()).isPositive();
    assertThat(summary.get("validationAccuracy").asDouble()).isBetween(0.0, 1.0);
    assertThat(summary.get("baselines").propertyNames())
        .containsExactly("label", "accuracy", "loss");
    assertThat(summary.get("best").propertyNames()).containsExactly("checkpoint", "step", "score");
    assertThat(folder.resolve("r.html")).content().contains("images per second", "% right");
  }

  @Test
  void goesOnFromItsCheckpoint() throws IOException {
    Path file = folder.resolve("out/checkpoint.safetensors");
    assertThat(losses("--steps", "1")).hasSize(1);
    assertThat(losses("--steps", "3", "--resume", file.toString())).hasSize(2);
    Run sample = Run.lockstep("sample", "--device", "sim", "--checkpoint", file.toString());
    assertThat(sample.code()).isEqualTo(2);
    assertThat(sample.errLines())
        .singleElement()
        .asString()
        .contains(file + " is of a run that learned to classify: it generates no text");
    Run text =
        Run.lockstep("train", "--device", "sim", "--resume", file.toString(), "--steps", "9");
    assertThat(text.code()).isEqualTo(2);
    assertThat(text.errLines())
        .singleElement()
        .asString()
        .endsWith(file + " is of a run with task classify, here it is text");
  }

  private JsonNode losses(String... more) throws IOException {
    Path json = folder.resolve("s.json");
    List<String> arguments = new ArrayList<>(List.of(more));
    arguments.addAll(List.of("--json", json.toString()));
    Run run = train(arguments.toArray(String[]::new));
    assertThat(run.code()).as(run.err()).isZero();
    return JsonMapper.shared().readTree(Files.readAllBytes(json)).get("losses");
  }

  @ParameterizedTest
  @CsvSource({
    "--context 8, --context",
    "--embedding 8, --embedding",
    "--tied-head, --tied-head",
    "--no-tied-head, --tied-head",
    "--head-memory 1M, --head-memory",
    "--sample 0, --sample",
    "--temperature 1, --temperature",
  })
  void refusesWhatBelongsToText(String options, String named) {
    Run run = train(options.split(" "));
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.errLines())
        .containsExactly(
            "lockstep train: " + named + " belongs to --task text, not to --task classify");
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void takesItsOptionsFromAFile() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("run.toml"),
            """
            task = "classify"
            steps = 1
            [input]
            data = "%s"
            batch = 8
            [model]
            width = 8
            hidden = 8
            blocks = 1
            """
                .formatted(data.toString().replace('\\', '/')));
    Run run = configured(file);
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out()).contains("task=classify", "model.width=8", "batch=8");
    // What it printed can be put in a file.
    TreeSet<String> unknown = new TreeSet<>();
    for (String line : run.out().lines().dropWhile(l -> !l.startsWith("config ")).toList()) {
      if (line.isBlank()) {
        break;
      }
      for (String knob : line.replaceFirst("^config", "").strip().split(" ")) {
        String key = knob.replaceFirst("=.*", "").replaceFirst("^model\\.", "");
        Files.writeString(file, "task = \"classify\"\n" + key + " = []\n");
        if (!configured(file).err().contains(key + " is []")) {
          unknown.add(key);
        }
      }
    }
    // Two are no choice, two are typed and count more, one is there twice.
    assertThat(unknown).containsExactly("classes", "features", "out", "overwrite", "task");
    Files.writeString(file, "task = \"classify\"\ncontext = 8\n");
    assertThat(configured(file).errLines())
        .singleElement()
        .asString()
        .endsWith("--context belongs to --task text, not to --task classify");
  }

  private Run configured(Path file) {
    return Run.lockstep(
        "train",
        "--device",
        "sim",
        "--config",
        file.toString(),
        "--out",
        folder.resolve("out").toString(),
        "--overwrite");
  }

  private Run train(String... more) {
    List<String> arguments = new ArrayList<>(List.of("train", "--device", "sim"));
    arguments.addAll(List.of("--task", "classify", "--data", data.toString()));
    arguments.addAll(List.of("--out", folder.resolve("out").toString()));
    arguments.addAll(List.of("--batch", "8", "--width", "8", "--hidden", "8", "--blocks", "1"));
    arguments.addAll(List.of(more));
    return Run.lockstep(arguments.toArray(String[]::new));
  }
}
