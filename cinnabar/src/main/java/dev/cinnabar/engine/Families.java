package dev.cinnabar.engine;

import dev.cinnabar.command.BitCommands;
import dev.cinnabar.command.Command;
import dev.cinnabar.command.GeoCommands;
import dev.cinnabar.command.HashCommands;
import dev.cinnabar.command.HyperLogLogCommands;
import dev.cinnabar.command.KeyCommands;
import dev.cinnabar.command.ListCommands;
import dev.cinnabar.command.SetCommands;
import dev.cinnabar.command.StreamCommands;
import dev.cinnabar.command.StringCommands;
import dev.cinnabar.command.XgroupCommands;
import dev.cinnabar.command.XinfoCommands;
import dev.cinnabar.command.ZsetCommands;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// All families of commands up to this floor, in one list.
public final class Families {
    private Families() {}

    /// Every command of the data families and of the engine.
    public static List<Command> all() {
        List<Command> all = new ArrayList<>(256);
        Collections.addAll(all, KeyCommands.values());
        Collections.addAll(all, StringCommands.values());
        Collections.addAll(all, BitCommands.values());
        Collections.addAll(all, HyperLogLogCommands.values());
        Collections.addAll(all, HashCommands.values());
        Collections.addAll(all, ZsetCommands.values());
        Collections.addAll(all, GeoCommands.values());
        Collections.addAll(all, ListCommands.values());
        Collections.addAll(all, SetCommands.values());
        Collections.addAll(all, StreamCommands.values());
        Collections.addAll(all, XgroupCommands.values());
        Collections.addAll(all, XinfoCommands.values());
        Collections.addAll(all, ConnectionCommands.values());
        Collections.addAll(all, ClientCommands.values());
        Collections.addAll(all, SlowLogCommands.values());
        Collections.addAll(all, LatencyCommands.values());
        Collections.addAll(all, MonitorCommands.values());
        Collections.addAll(all, TransactionCommands.values());
        Collections.addAll(all, PubSubCommands.values());
        Collections.addAll(all, ServerCommands.values());
        Collections.addAll(all, CommandCommands.values());
        Collections.addAll(all, ConfigCommands.values());
        Collections.addAll(all, MemoryCommands.values());
        Collections.addAll(all, ModuleCommands.values());
        Collections.addAll(all, ClusterCommands.values());
        Collections.addAll(all, DebugCommands.values());
        return all;
    }
}
