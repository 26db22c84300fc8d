package dev.lockstep.simulator.lowering;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/**
 * This pass: cuts steps into basic blocks and orders them so that the lanes furthest behind are
 * those at the lowest place: every loop in one piece, its head first, and every block behind all
 * that lead to it other than from inside a loop.
 *
 * <p>That is a weak topological order (F. Bourdoncle, "Efficient chaotic iteration strategies with
 * widenings", 1993), flattened.
 */
final class ControlFlow {
  /** From so many blocks on, an ordinary stack may be too small. */
  private static final int DEEP = 1000;

  private static final long STACK_BYTES_PER_BLOCK = 1024;

  /** Steps {@code from} (inclusive) to {@code to} (exclusive); successors are block numbers. */
  record Block(int from, int to, int[] successors) {}

  private final List<Block> blocks;
  private final int[] visit;
  private final int[] stack;
  private int depth;
  private int visits;

  private ControlFlow(List<Block> blocks) {
    this.blocks = blocks;
    this.visit = new int[blocks.size()];
    this.stack = new int[blocks.size()];
  }

  /** The reachable blocks in execution order; successors are numbers in {@link #blocks}. */
  static int[] order(List<Block> blocks) {
    List<Integer> order = new ArrayList<>();
    ControlFlow flow = new ControlFlow(blocks);
    if (blocks.size() < DEEP) {
      flow.visit(0, order);
    } else {
      onALargeStack(blocks.size(), () -> flow.visit(0, order));
    }
    // Components were put in front of what was found before them: read from the back.
    int[] result = new int[order.size()];
    for (int i = 0; i < result.length; i++) {
      result[i] = order.get(result.length - 1 - i);
    }
    return result;
  }

  /** A visit goes as deep as there are blocks in a row. */
  private static void onALargeStack(int blocks, Runnable work) {
    Thread thread =
        Thread.ofPlatform()
            .name("lockstep-control-flow")
            .stackSize(STACK_BYTES_PER_BLOCK * blocks)
            .unstarted(work);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    thread.setUncaughtExceptionHandler((_, thrown) -> failure.set(thrown));
    thread.start();
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (failure.get() != null) {
      throw new IllegalStateException("blocks cannot be ordered", failure.get());
    }
  }

  /** All basic blocks in the order of the text. */
  static List<Block> blocks(List<Step> steps) {
    boolean[] leads = new boolean[steps.size() + 1];
    leads[0] = true;
    for (int i = 0; i < steps.size(); i++) {
      if (steps.get(i).endsBlock()) {
        leads[i + 1] = true;
      }
      for (int target : steps.get(i).targets()) {
        leads[target] = true;
      }
    }
    int[] blockOf = new int[steps.size() + 1];
    int count = -1;
    for (int i = 0; i < steps.size(); i++) {
      count += leads[i] ? 1 : 0;
      blockOf[i] = count;
    }
    List<Block> blocks = new ArrayList<>();
    for (int from = 0; from < steps.size(); ) {
      int to = from + 1;
      while (!leads[to] && to < steps.size()) {
        to++;
      }
      blocks.add(new Block(from, to, successors(steps.get(to - 1), to, blockOf)));
      from = to;
    }
    return blocks;
  }

  /** Branch targets first, so that the block next in the text is laid out next. */
  private static int[] successors(Step last, int next, int[] blockOf) {
    int count = last.targets().size();
    int[] all = new int[count + (last.fallsThrough() ? 1 : 0)];
    for (int i = 0; i < count; i++) {
      all[i] = blockOf[last.targets().get(i)];
    }
    if (last.fallsThrough()) {
      all[count] = blockOf[next];
    }
    return all;
  }

  /** Bourdoncle's visit; {@code found} is filled back to front. Returns the head of the loop. */
  private int visit(int block, List<Integer> found) {
    stack[depth++] = block;
    visit[block] = ++visits;
    int head = visit[block];
    boolean loop = false;
    for (int next : blocks.get(block).successors()) {
      int reached = visit[next] == 0 ? visit(next, found) : visit[next];
      if (reached <= head) {
        head = reached;
        loop = true;
      }
    }
    if (head != visit[block]) {
      return head;
    }
    visit[block] = Integer.MAX_VALUE;
    int element = stack[--depth];
    if (loop) {
      while (element != block) {
        visit[element] = 0;
        element = stack[--depth];
      }
      component(block, found);
    } else {
      found.add(block);
    }
    return head;
  }

  /** The loop headed by a block: its body is ordered with the head taken out. */
  private void component(int head, List<Integer> found) {
    List<Integer> body = new ArrayList<>();
    for (int next : blocks.get(head).successors()) {
      if (visit[next] == 0) {
        visit(next, body);
      }
    }
    found.addAll(body);
    found.add(head);
  }
}
