package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A run that is told to end, as by Ctrl-C, in a process of its own. */
class InterruptionTests {
  @Test
  @DisabledOnOs(OS.WINDOWS)
  void finishesTheStepAndWritesTheCheckpoint(@TempDir Path folder)
      throws IOException, InterruptedException {
    Path text = Files.writeString(folder.resolve("text"), "Time flies like an arrow. ".repeat(9));
    Path json = folder.resolve("summary.json");
    List<String> command =
        new ArrayList<>(
            List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED",
                "--add-modules=jdk.incubator.vector",
                "-cp",
                System.getProperty("java.class.path"),
                Lockstep.class.getName()));
    command.addAll(
        List.of(
            "train --device sim --steps 1000000 --log-every 1 --checkpoint-every 0 --batch 8"
                .split(" ")));
    command.addAll(
        List.of("--context 4 --embedding 8 --width 16 --hidden 24 --blocks 1".split(" ")));
    command.addAll(
        List.of("--data", text.toString(), "--out", folder.toString(), "--json", json.toString()));

    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    List<String> lines = new ArrayList<>();
    try (BufferedReader out = process.inputReader()) {
      String line = out.readLine();
      while (line != null) {
        lines.add(line);
        if (line.startsWith("     3 ")) {
          // SIGTERM takes the same way as SIGINT; through the handle, which keeps our end open.
          process.toHandle().destroy();
        }
        line = out.readLine();
      }
    }
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    String all = String.join("\n", lines);
    assertThat(all)
        .contains("stopping ", "checkpoint " + folder, "stopped    after step ", "--resume ");
    assertThat(process.exitValue()).as(all).isEqualTo(128 + 15);
    assertThat(folder.resolve("checkpoint.safetensors")).exists();
    assertThat(json.toFile()).content().contains("\"interrupted\" : true");
  }
}
