/// **Figures: what the project promises in numbers, measured from outside.**
///
/// Each class here answers one question about a running server, and prints what was asked beside what was
/// measured. They talk to a process over sockets and know nothing of what is inside; so the same class
/// measures a redis-server, which is what the ratios are made of. `make figures FIGURE=crowd` runs one;
/// `docs/performance.md` lists them.
///
/// Servers are named by command lines with `{port}` and `{dir}` in them; the first is ours, the second, where
/// a figure is a comparison, its peer. Each run starts fresh processes in a folder of its own, and ends those
/// that it started.
///
/// What they are not: benchmarks of single methods (those are JMH's, a floor above), or precise. They are
/// meant for a machine with nothing else to do, and to be repeated.
@NullMarked
package dev.cinnabar.bench.figures;

import org.jspecify.annotations.NullMarked;
