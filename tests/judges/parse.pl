# Reads mails from stdin, each behind its length (32 bits, big-endian); writes one line of
# JSON for each: what Email::MIME makes of it.
use v5.26;
use warnings FATAL => "all";

use Email::MIME;
use Email::MIME::Encode;
use Email::MIME::Header::AddressList;
use Encode ();
use JSON::PP ();
use MIME::Base64 qw(encode_base64);

my @TEXTS     = qw(subject from to cc reply-to);
my @ADDRESSES = qw(from to cc reply-to);

my $json = JSON::PP->new->utf8->canonical;
binmode STDIN;
$| = 1;

while (my $length = take(4)) {
    my $content = take(unpack 'N', $length);
    my $parsed  = eval { parsed(Email::MIME->new($content)) } // { error => "$@" };
    say $json->encode($parsed);
}

sub take {
    my ($size) = @_;
    my $bytes = '';
    while (length $bytes < $size) {
        read(STDIN, $bytes, $size - length $bytes, length $bytes) or return;
    }
    return $bytes;
}

sub parsed {
    my ($mail) = @_;
    return {
        headers   => { map { $_ => text($mail, $_) } @TEXTS },
        addresses => { map { $_ => addresses($mail, $_) } @ADDRESSES },
        parts     => [map { part($_) } leaves($mail)],
    };
}

# Raw UTF-8 (RFC 6532) is decoded first: Email::MIME takes it for Latin-1.
sub raw {
    my ($mail, $name) = @_;
    my @values = $mail->header_raw($name);
    die "$name stands " . @values . " times\n" if @values > 1;
    return @values ? Encode::decode('UTF-8', $values[0], Encode::FB_CROAK) : undef;
}

sub text {
    my ($mail, $name) = @_;
    my $raw = raw($mail, $name) // return undef;
    return Email::MIME::Encode::maybe_mime_decode_header($name, $raw);
}

sub addresses {
    my ($mail, $name) = @_;
    my $raw  = raw($mail, $name) // return [];
    my $list = Email::MIME::Header::AddressList->from_mime_string($raw);
    return [map { [$_->phrase // '', $_->address] } $list->addresses];
}

sub leaves {
    my ($part) = @_;
    my @parts = $part->subparts;
    return @parts ? map { leaves($_) } @parts : $part;
}

sub part {
    my ($part) = @_;
    my $type    = Email::MIME::parse_content_type($part->content_type // 'text/plain');
    my $charset = $type->{attributes}{charset};
    my $is_text = $type->{type} eq 'text';
    my $bytes   = $part->body;
    my $decoded = $is_text ? Encode::decode($charset // 'us-ascii', $bytes, Encode::FB_CROAK) : undef;
    return {
        content_type => "$type->{type}/$type->{subtype}",
        charset      => $charset,
        text         => $decoded,
        data         => $is_text ? undef : encode_base64($bytes, ''),
        filename     => scalar $part->filename,
        content_id   => scalar $part->header_raw('Content-ID'),
    };
}
