/**
 * The command line: one class per command, and the only package that prints. Start with {@link
 * dev.lockstep.cli.Lockstep}.
 *
 * <p>What goes wrong ends in one of three ways, all in {@link dev.lockstep.cli.Failures}: a mistake
 * of the user in one line and exit code 2, a failed check in exit code 1, a defect of ours with its
 * stack trace.
 */
@NullMarked
package dev.lockstep.cli;

import org.jspecify.annotations.NullMarked;
