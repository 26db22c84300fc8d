package dev.lockstep.train;

import dev.lockstep.data.Batch;
import dev.lockstep.device.Stream;
import dev.lockstep.nn.Model;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import dev.lockstep.tensor.TensorArena;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Keeps the logits of some batches, and counts the rows whose largest is that of the target. */
final class HitCounter {
  private final Model model;
  private final Tensor kept; // [batches · B, V]
  private final int rows;
  private final int classes;

  /**
   * Plans the memory.
   *
   * @param model made for inference, so that its logits outlive the loss
   */
  HitCounter(TensorArena arena, Model model, int batches) {
    this.model = model;
    rows = model.rows();
    classes = model.config().outputs();
    kept = arena.tensor(model.logits().dtype(), Shape.of((long) batches * rows, classes));
  }

  /** Queues keeping what the model has computed for a batch. */
  void keep(Stream stream, int batch) {
    kept.slice((long) batch * rows, rows).copyFrom(stream, model.logits());
  }

  /** Waits for the stream; hits among the batches kept, in that order from the first. */
  long count(Stream stream, List<Batch> batches) {
    float[] logits = kept.slice(0, (long) batches.size() * rows).toFloats(stream);
    long hits = 0;
    for (int i = 0; i < batches.size(); i++) {
      for (int row = 0; row < rows; row++) {
        int target = batches.get(i).targets().getAtIndex(ValueLayout.JAVA_INT, row);
        if (target == largest(logits, (i * rows + row) * classes)) {
          hits++;
        }
      }
    }
    return hits;
  }

  /** Of equals the first; −1 where none is a number. */
  private int largest(float[] logits, int first) {
    int largest = -1;
    float most = Float.NaN;
    for (int c = 0; c < classes; c++) {
      float logit = logits[first + c];
      if (!Float.isNaN(logit) && !(logit <= most)) {
        largest = c;
        most = logit;
      }
    }
    return largest;
  }
}
