package dev.cinnabar.config;

/// One `save` rule: write a snapshot after so many seconds if at least so many changes came in.
///
/// @param seconds 1 or more
/// @param changes 0 or more
public record SavePoint(long seconds, int changes) {}
