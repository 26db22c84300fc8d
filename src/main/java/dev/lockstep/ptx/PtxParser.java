package dev.lockstep.ptx;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Parses a PTX file. Debug sections, pragmas and the bodies of device functions are skipped: a call
 * to one is an instruction like any other, to be refused by whoever cannot execute it.
 */
public final class PtxParser {
  /** What CUDA allows in a block where the kernel asks for no less. */
  private static final int MAX_THREADS = 1024;

  private final Lexer lexer;
  private final List<Variable> variables = new ArrayList<>();
  private final List<PtxKernel> kernels = new ArrayList<>();
  private final Map<Integer, String> files = new HashMap<>();
  private String version = "";
  private String target = "";

  private PtxParser(String source) {
    lexer = new Lexer(source);
  }

  /**
   * Parses a whole file.
   *
   * @throws PtxSyntaxException at the first thing that is not PTX
   */
  public static PtxModule parse(String source) {
    return new PtxParser(source).module();
  }

  private PtxModule module() {
    while (lexer.kind() != Lexer.END) {
      if (lexer.kind() != Lexer.WORD || lexer.first() != '.') {
        throw lexer.error("expected a directive, found '" + lexer.text() + "'");
      }
      directive();
    }
    if (version.isEmpty() || target.isEmpty()) {
      throw lexer.error("no .version or no .target: not a PTX file");
    }
    return new PtxModule(
        version, target, List.copyOf(variables), List.copyOf(kernels), Map.copyOf(files));
  }

  private void directive() {
    switch (lexer.text()) {
      case ".version" -> {
        lexer.advance();
        version = lexer.text();
        lexer.advance();
      }
      case ".target" -> {
        lexer.advance();
        target = Syntax.word(lexer, "a target");
        while (lexer.at(',')) {
          lexer.advance();
          lexer.advance();
        }
      }
      case ".address_size" -> addressSize();
      case ".file" -> file();
      case ".section" -> {
        lexer.advance();
        lexer.advance();
        Syntax.skipBlock(lexer);
      }
      case ".pragma", ".alias" -> Syntax.skipStatement(lexer);
      default -> declaration();
    }
  }

  private void addressSize() {
    lexer.advance();
    if (!lexer.text().equals("64")) {
      throw lexer.error("address size must be 64, found " + lexer.text());
    }
    lexer.advance();
  }

  /** {@code .file 1 "name" [, timestamp, size]}. */
  private void file() {
    lexer.advance();
    int index = (int) Syntax.integer(lexer);
    if (lexer.kind() != Lexer.STRING) {
      throw lexer.error("expected a file name, found '" + lexer.text() + "'");
    }
    files.put(index, lexer.text());
    lexer.advance();
    while (lexer.at(',')) {
      lexer.advance();
      lexer.advance();
    }
  }

  private void declaration() {
    boolean external = false;
    while (true) {
      switch (lexer.text()) {
        case ".visible", ".weak", ".common" -> lexer.advance();
        case ".extern" -> {
          external = true;
          lexer.advance();
        }
        case ".entry" -> {
          kernels.add(entry());
          return;
        }
        case ".func" -> {
          function();
          return;
        }
        case ".global", ".const", ".shared" -> {
          variables.addAll(VariableParser.declarations(lexer, external));
          return;
        }
        default -> throw lexer.error("unknown directive " + lexer.text());
      }
    }
  }

  private PtxKernel entry() {
    lexer.advance();
    int line = lexer.line();
    String name = Syntax.word(lexer, "a kernel name");
    List<Parameter> parameters = new ArrayList<>();
    if (lexer.at('(')) {
      lexer.advance();
      while (!lexer.at(')')) {
        parameters.add(parameter(end(parameters)));
        if (!lexer.at(',')) {
          break;
        }
        lexer.advance();
      }
      Syntax.expect(lexer, ')');
    }
    int maxThreads = performanceDirectives();
    int bytes = end(parameters);
    return new KernelParser(lexer).parse(name, line, List.copyOf(parameters), bytes, maxThreads);
  }

  private static int end(List<Parameter> parameters) {
    return parameters.isEmpty() ? 0 : parameters.getLast().offset() + parameters.getLast().bytes();
  }

  /** {@code .param .u64 [.ptr [.space] [.align n]] name} or {@code .param .align n .b8 name[m]}. */
  private Parameter parameter(int from) {
    if (!lexer.atWord(".param")) {
      throw lexer.error("expected .param, found '" + lexer.text() + "'");
    }
    lexer.advance();
    int alignment = 0;
    if (lexer.atWord(".align")) {
      lexer.advance();
      alignment = VariableParser.alignment(lexer);
    }
    ScalarType type = Syntax.type(lexer);
    while (lexer.first() == '.') {
      boolean pointee = lexer.atWord(".align");
      lexer.advance();
      if (pointee) {
        VariableParser.alignment(lexer);
      }
    }
    String name = Syntax.word(lexer, "a parameter name");
    int bytes = (int) (VariableParser.extent(lexer) * type.bytes());
    int step = Math.max(alignment, type.bytes());
    return new Parameter(name, type, (from + step - 1) & -step, bytes);
  }

  private int performanceDirectives() {
    int maxThreads = MAX_THREADS;
    while (lexer.kind() == Lexer.WORD) {
      String directive = lexer.text();
      lexer.advance();
      long product = 1;
      while (lexer.kind() == Lexer.NUMBER || lexer.kind() == Lexer.STRING || lexer.at(',')) {
        if (lexer.kind() == Lexer.NUMBER) {
          product *= Literals.integer(lexer.text());
        }
        lexer.advance();
      }
      if (lexer.at(';')) {
        lexer.advance();
      }
      if (directive.equals(".maxntid") || directive.equals(".reqntid")) {
        maxThreads = (int) Math.min(product, MAX_THREADS);
      }
    }
    return maxThreads;
  }

  /** A device function: its declaration ends with a semicolon, its definition with a block. */
  private void function() {
    lexer.advance();
    while (!lexer.at(';') && !lexer.at('{')) {
      if (lexer.kind() == Lexer.END) {
        throw lexer.error("function without an end");
      }
      lexer.advance();
    }
    if (lexer.at('{')) {
      Syntax.skipBlock(lexer);
    } else {
      lexer.advance();
    }
  }
}
