import { Link } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";

export function BackToConnections() {
  return (
    <Link to="/connections" className="inline-flex items-center gap-1 text-ink-2 hover:text-ink">
      <ArrowLeft size={14} aria-hidden /> Connections
    </Link>
  );
}
