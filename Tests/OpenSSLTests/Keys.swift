/// Keys made for these tests alone with the `openssl` tool (3.0), or put together by hand where a tool refuses to make
/// such a key. None has ever protected anything.
enum Keys {
    static let rsaPKCS8 = """
        -----BEGIN PRIVATE KEY-----
        MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC9uCaAlYLMkXa+
        BE9ZSFDqYlvqzvhR1+DIoDYTRC9vwrwdcC4ySqvMfnMe6dJNqe8ykipCvXRxrwxi
        LC6S/4zsA8/7gyomg6oVIz1HXg1o7aiUw7WiOsvvRVP0DxGy6IuGj9DUlsUvlDf9
        59GT32JAuSiTm4J2VlknJ5S+zCRrIVYlhsg+0IZcVA/RSnaMbBATgMOFVQJYQQ1u
        pJxsnDYeFphhZftJZx83XhjLi+R5BZslVfrjdFrxAFn3cQ7FBYDa8rGEX/KM0gt6
        FId5ySdfEV+cnb0rPXlz01u05muUJwTJBCigQNTysbe3+2FT0awesmaipAjjtAZn
        4h8ee5LNAgMBAAECggEATysNRhMd5ee9uUVrJ0K6IVSyLqX3kY+YSaAxcJC/is+k
        WFR7spjeYBNUTs4b6DTFkEDWScttUBNQA5eUR9tEHyjoHXh6ml/PFcsCw0lIJ0Ul
        WA7jOLN4bnxrsCipphLMRna1GkFgP56GTvnxxtcs1P1vJUl7g4483c3ykDv35ovm
        m32Gef2Lx3CLysUw93l86OlMSsPn9bUxx84QaUvskPXy8487tOp8WTXESfV+eD2l
        bSsDm1XxjxFPu+65Phf/dsyBgs9XldxqR4nkY4Uk+ULFi6Dxt7+WDdotUPE89KYl
        3SUlt9cHiR92Cz/asabuzl8RJKxjscwA7QjXgAWUMQKBgQDmuZE/6E9/DE59wDLv
        nVOGy9Da/lOnih415+Kpghgukl8j4aDCfhzf57O4MpWNNQGiu9dI32i87CvlP0iL
        1Wv3+iV7V1K+JFGe6znjaKKAuLroA6fN1Q8l7S2N2wEwWFkY8CBaWDBCFHrWyCNw
        brmTUg/vsK4fA2iGAY2WQE98owKBgQDSgKBnzd+E2c9ls+x4P/zmREvsYijBy/Qe
        D21cxjrink1qmZX5qcuQkOjRmqFqWHVe3j0zIsWXAet+qurxksQhbvlkUAQCOQ+b
        I1CzSw+7JWw7oNaB4iHEES+Q3T3N9NH6pNpX4GCO+PVSvT1k6uuI96O0bfVizDDR
        AWdmrIy5zwKBgQCJtYBoMHQiVGoUzD6ancBY2BWUX+/2M43MhtbWbXuZcGuwst6M
        t1DsoxK1ghuY6GZNhuf76rxM5nlcnuTh8UQ8AeWVNI2CR5Mf0y39+Vnkkl2cVXI2
        fFBKRsHFxU10WYb0R35H7hL/ndGjmFjupmfE8lnoqf+DKzmbohmr8D6BGQKBgBom
        3MbIrvJEVR3fgotV98dryLrvXvzkp8lsRTv3bK1m2VtbBWTlEWM+fY481bzujHZi
        ydumgEHIfUdZWKL2huNYdCdgQX89M5EkjAwaUTQA7DdkPgIY4/UF5ZDry5fgyI2J
        GY89UwGwMFo9JHl7LhPwICh0WL4TfCUbNYtt+HXFAoGAUc1DidEU/E6lSpscPE/r
        JOUAm/wQhoZ/P5pLAy+lPtarfzXMjy0oSbwAM/aOcjnh+rrR2MReuYDgY/KiXCqo
        bqG03R3L3PXE81//cCsOX/OxgQncwCeTbkcB+dLZTVHzUI3eGxP3QclkuCgxm7qq
        VGhKR/yT6aRY3IWHU8Fn4Sc=
        -----END PRIVATE KEY-----

        """

    static let rsaPKCS1 = """
        -----BEGIN RSA PRIVATE KEY-----
        MIIEowIBAAKCAQEAvbgmgJWCzJF2vgRPWUhQ6mJb6s74UdfgyKA2E0Qvb8K8HXAu
        MkqrzH5zHunSTanvMpIqQr10ca8MYiwukv+M7APP+4MqJoOqFSM9R14NaO2olMO1
        ojrL70VT9A8RsuiLho/Q1JbFL5Q3/efRk99iQLkok5uCdlZZJyeUvswkayFWJYbI
        PtCGXFQP0Up2jGwQE4DDhVUCWEENbqScbJw2HhaYYWX7SWcfN14Yy4vkeQWbJVX6
        43Ra8QBZ93EOxQWA2vKxhF/yjNILehSHecknXxFfnJ29Kz15c9NbtOZrlCcEyQQo
        oEDU8rG3t/thU9GsHrJmoqQI47QGZ+IfHnuSzQIDAQABAoIBAE8rDUYTHeXnvblF
        aydCuiFUsi6l95GPmEmgMXCQv4rPpFhUe7KY3mATVE7OG+g0xZBA1knLbVATUAOX
        lEfbRB8o6B14eppfzxXLAsNJSCdFJVgO4zizeG58a7AoqaYSzEZ2tRpBYD+ehk75
        8cbXLNT9byVJe4OOPN3N8pA79+aL5pt9hnn9i8dwi8rFMPd5fOjpTErD5/W1McfO
        EGlL7JD18vOPO7TqfFk1xEn1fng9pW0rA5tV8Y8RT7vuuT4X/3bMgYLPV5XcakeJ
        5GOFJPlCxYug8be/lg3aLVDxPPSmJd0lJbfXB4kfdgs/2rGm7s5fESSsY7HMAO0I
        14AFlDECgYEA5rmRP+hPfwxOfcAy751ThsvQ2v5Tp4oeNefiqYIYLpJfI+Ggwn4c
        3+ezuDKVjTUBorvXSN9ovOwr5T9Ii9Vr9/ole1dSviRRnus542iigLi66AOnzdUP
        Je0tjdsBMFhZGPAgWlgwQhR61sgjcG65k1IP77CuHwNohgGNlkBPfKMCgYEA0oCg
        Z83fhNnPZbPseD/85kRL7GIowcv0Hg9tXMY64p5NapmV+anLkJDo0Zqhalh1Xt49
        MyLFlwHrfqrq8ZLEIW75ZFAEAjkPmyNQs0sPuyVsO6DWgeIhxBEvkN09zfTR+qTa
        V+Bgjvj1Ur09ZOrriPejtG31Ysww0QFnZqyMuc8CgYEAibWAaDB0IlRqFMw+mp3A
        WNgVlF/v9jONzIbW1m17mXBrsLLejLdQ7KMStYIbmOhmTYbn++q8TOZ5XJ7k4fFE
        PAHllTSNgkeTH9Mt/flZ5JJdnFVyNnxQSkbBxcVNdFmG9Ed+R+4S/53Ro5hY7qZn
        xPJZ6Kn/gys5m6IZq/A+gRkCgYAaJtzGyK7yRFUd34KLVffHa8i671785KfJbEU7
        92ytZtlbWwVk5RFjPn2OPNW87ox2YsnbpoBByH1HWVii9objWHQnYEF/PTORJIwM
        GlE0AOw3ZD4CGOP1BeWQ68uX4MiNiRmPPVMBsDBaPSR5ey4T8CAodFi+E3wlGzWL
        bfh1xQKBgFHNQ4nRFPxOpUqbHDxP6yTlAJv8EIaGfz+aSwMvpT7Wq381zI8tKEm8
        ADP2jnI54fq60djEXrmA4GPyolwqqG6htN0dy9z1xPNf/3ArDl/zsYEJ3MAnk25H
        AfnS2U1R81CN3hsT90HJZLgoMZu6qlRoSkf8k+mkWNyFh1PBZ+En
        -----END RSA PRIVATE KEY-----

        """

    static let rsaPublic = """
        -----BEGIN PUBLIC KEY-----
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAvbgmgJWCzJF2vgRPWUhQ
        6mJb6s74UdfgyKA2E0Qvb8K8HXAuMkqrzH5zHunSTanvMpIqQr10ca8MYiwukv+M
        7APP+4MqJoOqFSM9R14NaO2olMO1ojrL70VT9A8RsuiLho/Q1JbFL5Q3/efRk99i
        QLkok5uCdlZZJyeUvswkayFWJYbIPtCGXFQP0Up2jGwQE4DDhVUCWEENbqScbJw2
        HhaYYWX7SWcfN14Yy4vkeQWbJVX643Ra8QBZ93EOxQWA2vKxhF/yjNILehSHeckn
        XxFfnJ29Kz15c9NbtOZrlCcEyQQooEDU8rG3t/thU9GsHrJmoqQI47QGZ+IfHnuS
        zQIDAQAB
        -----END PUBLIC KEY-----

        """

    static let rsaPublicPKCS1 = """
        -----BEGIN RSA PUBLIC KEY-----
        MIIBCgKCAQEAvbgmgJWCzJF2vgRPWUhQ6mJb6s74UdfgyKA2E0Qvb8K8HXAuMkqr
        zH5zHunSTanvMpIqQr10ca8MYiwukv+M7APP+4MqJoOqFSM9R14NaO2olMO1ojrL
        70VT9A8RsuiLho/Q1JbFL5Q3/efRk99iQLkok5uCdlZZJyeUvswkayFWJYbIPtCG
        XFQP0Up2jGwQE4DDhVUCWEENbqScbJw2HhaYYWX7SWcfN14Yy4vkeQWbJVX643Ra
        8QBZ93EOxQWA2vKxhF/yjNILehSHecknXxFfnJ29Kz15c9NbtOZrlCcEyQQooEDU
        8rG3t/thU9GsHrJmoqQI47QGZ+IfHnuSzQIDAQAB
        -----END RSA PUBLIC KEY-----

        """

    static let rsaEncrypted = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIIFLTBXBgkqhkiG9w0BBQ0wSjApBgkqhkiG9w0BBQwwHAQIoh0gwHjMtxECAggA
        MAwGCCqGSIb3DQIJBQAwHQYJYIZIAWUDBAEqBBA8emrcMsVY1I4tpYGgA1JIBIIE
        0BVcmyyN6xgSmmER9ESSU9aU+fZGLbg0lM0j5hV3g9X5RrRzzA021u+pIBQ34537
        rZhDqmJ8b/udIzz0axaPB1P2AAmIv22DyDlPd8p8C409Xa2DGYU7kKWG2F6dKEle
        Lpi90fuyK1bp6pP59J1kCQvE005zz4IfNx06SwMQWT1RY84It/ReRx2BC1ffji/F
        3AorsaJ/sJGMtFfHAbz9EJy8A0N2Oomo6TRsEo8gCokXxt2QAzXEIkETR7xELszo
        a9jLnOylvcFjPANGj+p2YTxntEvCKHRQm+diEwe/SJwMRHy5zw622NYHxTpYOBT/
        qd5LaVUdxevbRf5zs35Q3kFlrRldSSEiuXsFwypAxyRoaZv8qw3tkKFTr2U0OorK
        aKO1CAmXusH5wPAbYeMwggrCj6/xPt2TSRvuA+zRIqcGUUSKQ4FY7eeZn7fqrvmH
        w9/TFfqAh36EsCJc4dSkDxvMKOQGK2uYgJdrLmt477hDoAQ4UWa3Cyny15SkC0Bn
        A1naALwScfKcqrIU0kJTgVk69xuZe/nlnrqw4O0H686YMW0JJ7qLusqpRrjxec51
        Wt4BOoZs1bcuGg/zjbJufq6ILs41PdwiT4I3Xolm5YKj8Jk7EaTqEsysfcSxnX8a
        /pcep7sP2/+kQ9DV+321ced+s+Iz134JiQEcCFN5m/Fh83mTpJ0JQ1bkcy2IZIVZ
        8/NZC3eC6w4YNbcmBt/pmCszLMJHB1FnT9gDkXkJasny3Zd1U9woxwXdsWzx3QqM
        kwNxqf9FrrH3DNjbF3xy6mCGQ8KHlHAQKnfPUADHp6APRL+jhgqxJYlZEqr7eWo1
        Ip9FTJNEBMtMldrZdAJZ+EYG7rh9ngDJVJd9ARmSjqOR5Yp9Xgkja2DPQvpRhRXR
        rXH8EV1AjMpPYcAbCHRrzj+IkyyY8xII+mZxrd4Zea1MCCWqdei9N33jINO9LmpP
        TNSDMeknf68Q9kUBwXJZoo9VembbymRrsafCC0kTLoCDNjspGXYvRMP2AFD6SqfR
        CqIb/plHjDXG75SX3bhn/m9WaPJcSWzQ2XogvVlZyu0VoB7EStmanq2vdSY52n8r
        zYhvkxw8vfhPtRt9bbqcOR8aFD8ILzQ9Gj1H4Lg6D2dgm6jHU4I7US+ySKYIC9yU
        tsS1uKT8cgDyRaZBU+//F1vozmZAHLyL8yX5NCX6l0ybfC0Ny0bl58Ja+ipAaCuJ
        bvPlbdl3wSxzeRdF9gzIxIOzB9e9IkMC0dMP08knHtRW6sCthq5dbNy/BhA7oIGU
        PiPaecT9x9pb3jtyrZeoNC9MfALOeVf7CWdiEkJQv9NNaJmyjxfNLdM301ad6ezd
        1Om0DI2YoWxqtqSNl3dAZGdlAcGDFra0YRNSXZaRfcwv5lwVCbbLehevdkpdA63/
        6ylrfbiljcJLuonHCwUaCnubZkbgwp+QWMCjqXSCBq3RQtQ5UU+ICMqZmxd2WrXI
        6Hc67IhDqCg34pCdLGKMioj07yCtFlx0vK2NYKOIutO9UJ/Uc8sqm6D8cql+DxY1
        E0akXzovFyNtn2JD/+Cvw2g+7tUYZF8lrI/CB6qqjZUCIWBdURE3O6rzgnM+VfAH
        1F6S4Yddj0pZ1k+rXWSox9ZDDb8kvR84WxY7YsRk6gfv
        -----END ENCRYPTED PRIVATE KEY-----

        """

    static let rsa1024 = """
        -----BEGIN PRIVATE KEY-----
        MIICdwIBADANBgkqhkiG9w0BAQEFAASCAmEwggJdAgEAAoGBAO1TGrl/PMaun/o9
        7FBgj8NekdwyaJzwdS4U8Kpag+QyEtbqK/dkKSZg5KXGfMxQN6r1R2i7Ts2UwSo4
        yK12YXwGioPoL0olhA2+vbetHB4wywM2VKxvqfeWZl28w0gHlviICu+dn5G7XISb
        Hi/jVQnIyuMqI3+U3YWzHYWE2zzfAgMBAAECgYEAwe5xHjf9QBYeoGzNmPjvQaUb
        6CZBGk3cU6XE7FA/CtBoWLrO5sAwaC4xac4C2SqL8uWwTsMRKClwl8IDKsxb51zL
        es/Z6+Pxn+dp86MxWoOn8DKqgnV9TNzIcWUhkujiOLy7/9tUz5We7DxDT84SL8pM
        jhqfq08vdIwRdY7SFeECQQD5OV+0llEcokL7j7Sn/IX78S+lMwQoCCfSwS4Phrnq
        s8uEi/+b3AdjJm2MPjXicMaq6TIh/TNgaW+f1wIBsx1pAkEA88boqY0BHSl6GwWT
        XiBcXODYMPgaLtVcHHSeSwbrvG+tjJuzu0MNoGPlFHrAEfUDQpx2Yed1CwPM01Do
        X6kXBwJATtQH4n29EBp+p0Tv9kZYNrU1xcHaKbNSrUWvBPgvK/5MfBMv+SNiLslD
        0x0GPCZBoGN8GOYWbwNKbDs8hj8aKQJBANT0p10ua5GxIRUn+sPYWzdbyCCHLEBL
        bMsC6SE7q4WSvbY+cnUdL3M0sPMCBHXrZuyyyAvg6XM036KeZFDk4tMCQAQXgLAn
        RE17/YM6lsFhrLo0JCyOoxLnYNjWhhBdsXCsQx4vpDwemTDT8F7212jBRLN6Lg4z
        +A/c5QCG/Gm+v9Q=
        -----END PRIVATE KEY-----

        """

    static let rsa2047 = """
        -----BEGIN PRIVATE KEY-----
        MIIEugIBADANBgkqhkiG9w0BAQEFAASCBKQwggSgAgEAAoIBAGF/yzy6RsuIifqs
        L/TmoLqKT+BEwQHHqpTH8bHeusnTrXam9w/3i/NZvqcklU2OF13p1PMvwfTWWIB7
        gJrezf/7J0idN8+SSHPO7AsID6Qpd/XceirmXRq/xhcYpUC8Iv0h7sxFrKUeGTmf
        7ACIfNKrVGfc9JCgnN2g5/7k8ywqRPhH7CvjoZ74KS0R3orlNZENujGEsaHsWZlX
        RmUfFZkOS/T1OGvx3W3w7n/g4gegx5iQcSLhDCyJ0nQARTnln/NVtQLCqHr5esa0
        SGO+rrTd5t4NA3fSLGuRorKYKRnxx4nwCQnhJoTZkUyQM3IH9KaycSS9uDukRD2i
        8vAMvZUCAwEAAQKCAQA9tzLiwdbGRytv7UZ98u6SpbJh96NkiQrFGrs3KBF8Z+1J
        Se7hwIRqCcjQ7CtF6EeKPtV5CiXv4S4sRgDmB1rGSihXoo0Naz9JbxWi9ftQop84
        ldMPDLqqj/HH9OXF0FElgjEyRHhAHIlDHKO6wqqgf6ryA78bPU+OSqgPhMUYkt57
        2on74akr/0+c1YYwEVOfIz0j0fTuAWOZiRQ1MTy77MtLXDxC6bzQfc8dYUyw0Js6
        fCZW+zJz96dZ0IxxYHQawtL1ptMkKti+ZjK5snaPtyRa/eG2MjEW7OnRkF5Oq36i
        rxMXaUjt2JrZM3JLpK1pvIPrrmLqtktF89H1GEaBAoGBAPJESpaHD2OpXP6RgCAG
        mdD+T35F2ixhecqFwtBNzINPsREzzV52Y1aoslxFHT9+NHcyKZc7kdX6511LeSjl
        y0m57RGZ/QhXRQrRMRVWjfolUQpvCOkyiqnMoKu/V26lF8jB/FYokZrNDt2Jao8f
        ADPPqK+XDACqdhvDzZWxfOIpAoGAZwas5uuTg3W9KLTDz1EgiwDwws0J3vqmofdv
        jDGzeEMiYxy8rMSFhLU7nI10KeRaDCdcs20c8h62p069U/RyLcWMMpl2gftI1U4D
        DoUABsU6V19gimkYw0MN49RPXevX0KIAcxStHxzdPFqFa3UgIoAjRPJEpWrc6PyR
        EEX6ZY0CgYBwsxIbmjKvgv7usZLv0wJE9bjXHfmTQbkdXEI3Eqn7v9u4C+gSdHJb
        wthOEhy8B6KyfFRatOxvpWtxvAVd4CBEaMh+sqrB8Y79rDjwGzaq0icz+lkj2k4l
        FTr9CmLK5uP8kTkof3DUmWW76wv2Dk7Sy1xGara7rJCK8/g0Fb/pmQKBgEzF77CA
        2kM7SMN9uPDTzsFm6QLxEisEc4n8vjYlj0zOEmDzODIynCChgROPYYIaNXQbHPxk
        Eg7nDkus5G8cmL09GdVXALWp0MOLR8HZIITrEier3mAmIxrW7BHb02z047UIE/et
        77hgpQhlmEjUVib/f8jQFJGECazhESSkUQy9AoGAHjGr7zJS+zLsa5n1rEvACa7i
        wbLthb3ju6mthqt3FZ3VUj3k58ATxZuhNxjMVPJf5vzKAJqtb2gWY0zlXieoHaYf
        +2kOGfzueX8c2AHt9jLkT5EuERdSiji2BXMHDUjre2FAyfUSFE/2cM1Yeo5I20+N
        2EGOIPfGwjAk0DmnGI4=
        -----END PRIVATE KEY-----

        """

    static let rsaPSS = """
        -----BEGIN PRIVATE KEY-----
        MIIEugIBADALBgkqhkiG9w0BAQoEggSmMIIEogIBAAKCAQEAuC45LkFaQbxeL1Nl
        XV729jvMY15aWWjzgHs+3nvsX4TTvSQQUMZbBi4Ov72LF8MJjH1ib6awG8Y4m9kw
        bS+mm1OTdDJt/fA9bZIE4g097emOrQ/HpKGoxHeYe7ZoQ9gi9XMBM10vNysgMIrG
        whHMFlIZBeCD6X8UQhHGwxtT8DBd6AAYuAk8C/n5bnZBU/sIcbLHrx/ptvL9MVKL
        D0G51VQbUZzZ3goCLHmUABQ5KUs0z0EzHPZAH1Buk3InkI9sVH0UA9ZXeluN3fzK
        Dm2kRdCxq0Z8GdEGTi1SAUV+dg39eiuBcZPfY55VcO2lscKj0JFfSEdvGorRGUrW
        CVaRYwIDAQABAoIBAA/LhFiE1EJfmXgs37wygQgRjXABecrB0bggBFPnhBhA945N
        7HRGPoIjgFz4hVguqr/4n3DRy7fmDO7DS9WL85l4gQ8YUA8qA3/vuNQmAedIU1W2
        ImSU/ziHb8qUPxF/v1JrYBv75CkICBpW8cACRLgD/GS2TLnBOIczUmdjDZTDJl0Q
        bBkTXcmhxHWmg55Ddnri8Y9O/nSAFY6YVGKH4XsCVvUMVt8SZMUHC6JJjFAvtmEZ
        iHaC/3qvhdiOp6dJZlwlv+2q0u5OYpQ8rbVHV5cCUiOzrrMVzmxOEA/nZyxGPLoH
        N06HU3eHRyyvcw/s+FW9sgrd8pqDsuYcRlTGRXECgYEA7muvzksYajcTY7LqSp/T
        dm0iXJjzkHGo3nTfTb7gG2Pr+m2LhQvPP5fqw+7e2Dddk5E/bid0YlIXoTMzuc1r
        +R0XrbD6qyS+48eMGL1vpmar7z7oA+txYDsEoemWUhYa+ClgqRe9624TR3foS4b/
        d/pJjyXlrjmIIMoKKcUgTSkCgYEAxcK6ECVU9SHSnXjZYnPCihdymARHFN0zbyEe
        TpF1Ztz4mI+AEHqoRFCTs7C2ZDDr0+LOi/mtQn6LLQ4sG8bi4Lisjw5F0gcd6DQF
        I5XYOPKgnYcVfzyTt+UCzgjroN+LH6lAPV/0voWQs3QcdP5SBBIhYS6TAC+hGqjm
        b4Rkr6sCgYAE6yPNVa9DQa+ctuwube2m28mBr4YWzMF3FWIl8HIfHoiXufrO29eC
        sFefgyYFv96mVLDCTP4RqS/jm3LNuncnxHngk24YacGmYU96ky3ieOvDG8Edk5Xb
        LlyCGpeHSf10cSYVVvAME1FCgC7CoB5VE0zBLz71wSoVwxVCl1Z7QQKBgEecwCvg
        mOc7nD0R6gZQzP2ciA6sXeEcSOfRIlxpKA5brlnwfPt6rzwtwY6sSx/05zEPTKQ7
        gZY2pMdn/mkAmF+wACy9imMH2LihPcspE+drVOY2aH5uvT82WtGpQUo8KPEKJQ0U
        llf3nfKd9UAYaDK5LgU3DFxg4wH4b5mqY5uJAoGAb/ttdfiJEp6677Auqd366kLW
        ckCQGWA0R6QoMBKvwbw+MoHY1vP3J6bOvbtufHACFFyGRBl1ge5NGWQ48KWr9cma
        jQglKC12Ompmys7mPkJW2laPmgDxOWty2x/17Ltlc7GBLjxHKLSiHpVJCrvCN9xl
        wdtvnZtbmquuAdZ+z3M=
        -----END PRIVATE KEY-----

        """

    static let rsaExponent3 = """
        -----BEGIN PRIVATE KEY-----
        MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDpD6SpmSWmHpBH
        WkPPsly7cd3WSqVUv6QQwr1LGuwvtwOsLsphFa+XjuoKOCoz9rr8i5QrY5MRKKCv
        a6laZcMZsqaxOYASiXpyBXmqZCLM+90M17j8P0FnsDRfxigGodpVen32kvTd/FEj
        1IrCk43FcS6/+WOUs+cGOcD3SpVfe1G3yQ84YLae4OiH21cW9T56ZZRXSbW+GIFq
        zdyNhZo5NaPtn6gYO3Q5FBvq2ZK61Gup2KXHvpblNHA/ZJ/B5/Kf4ds2soK6ZHva
        0kQwoAIZFtbxaCm/5YBsYbjO9ZIEAP+y27EpeG4v2NFg0reBPJdfIdVgFZ7W2nRv
        wNg2xfNXAgEDAoIBAQCbX8Mbu25uvwraPC01IZMnoT6O3G44f8K11yjcvJ11JK0d
        dIbrY8plCfFcJXF3+dH9smLHl7dgxcB08nDm7oIRIcR2JlVhsPxMA6ZxmBczUpNd
        5SX9f4Dvys2VLsVZwTw4/FP5t03pUuDCjbHXDQkuS3R/+5e4d+9Ze9X6MbjqUPDK
        WLJztj+0Uul9QEBtHH+e5MDekQT6G5NkJXepLtIfX03z/v3h4FKLPkB/DF/JaME/
        CU5dNjot3OOBeo/Azd4+xG9OZCYxB/ayONtSY4LspYhqQJgK6nqpHqzcSqhjy7BU
        8QVJoTy3cfshuiJz93pxiaRUHySZJZquKuuY+KKrAoGBAPXI3nvIqiBdJptmyWlU
        QwUSyX+1XiMhpJ1wrM9WmwvAgs2twK1HKWUZKjTiE50G2XslH4lOFiff3bOQtvhD
        YIJE4GIGTJ51AaXQXaCb0S39Pi4HpI8YXl1ygP4/bBvT315WC1gCIpwij0/ReFUH
        y6S7YEG0geILVsZGyGyLg24BAoGBAPK/ZYfCJTazPe7lMY0fB3n5RPNUEgslSobj
        6Nm5JFNJo+FR4H3+QZNPDIZKM2YF3c6mKybt1xfAi2dsdc/dUqL82tI6z6r71uP/
        H1qZOY+44FxKYraXJ2r8MrdFGXmacBjdZtE44/b6Hojcwy7Lfbr5cx0tZQXly0Yj
        uApFzZFXAoGBAKPbPv0wcWroxGeZ25uNggNh26p46WzBGGj1yIo5vLKAVzPJKx4v
        cO4Qxs3sDRNZ5lIYv7DeuW/qk80LJKWCQFbYlZau3b74q8PgPmsSi3P+KXQFGF9l
        lD5MVf7U8r036j7kB5ABbGgXCjU2UDiv3Rh86tZ4VpayOdmEhZ2yV56rAoGBAKHU
        7lqBbiR3fp9Ddl4Ur6amLfeNYVzDhwSX8JEmGDeGbUDhQFP+1mI0swQxd5lZPonE
        HMSej2UrB5pIToqTjGyokeF8inH9Oe1Uv5G7e7Ul6ugxlyRkxPH9dyTYu6Zm9WXo
        7zYl7U9RabCTLMnc/nymTL4eQ1lD3NltJVwuiQuPAoGBAI9nT626I5l0tyUZ6niQ
        KOQiUB823y4P0R7UjgDvbAq+CEpeKmTkXKz7u8EM5BNNhWpYtMaSqdUiRk7QEoWr
        5YQO1hru1V6FYe4ddrnx6wXPSg3q6q+R+q81gfQzuiuZtWOcexEnArc9IGwJvMys
        dQT0opO1fHX7QglpMddoFhxy
        -----END PRIVATE KEY-----

        """

    /// Public exponent 1: every signature is the padded message itself.
    static let rsaExponent1 = """
        -----BEGIN RSA PRIVATE KEY-----
        MIICnwIBAAKCAQEAvbgmgJWCzJF2vgRPWUhQ6mJb6s74UdfgyKA2E0Qvb8K8HXAu
        MkqrzH5zHunSTanvMpIqQr10ca8MYiwukv+M7APP+4MqJoOqFSM9R14NaO2olMO1
        ojrL70VT9A8RsuiLho/Q1JbFL5Q3/efRk99iQLkok5uCdlZZJyeUvswkayFWJYbI
        PtCGXFQP0Up2jGwQE4DDhVUCWEENbqScbJw2HhaYYWX7SWcfN14Yy4vkeQWbJVX6
        43Ra8QBZ93EOxQWA2vKxhF/yjNILehSHecknXxFfnJ29Kz15c9NbtOZrlCcEyQQo
        oEDU8rG3t/thU9GsHrJmoqQI47QGZ+IfHnuSzQIBAQIBAQKBgQDmuZE/6E9/DE59
        wDLvnVOGy9Da/lOnih415+Kpghgukl8j4aDCfhzf57O4MpWNNQGiu9dI32i87Cvl
        P0iL1Wv3+iV7V1K+JFGe6znjaKKAuLroA6fN1Q8l7S2N2wEwWFkY8CBaWDBCFHrW
        yCNwbrmTUg/vsK4fA2iGAY2WQE98owKBgQDSgKBnzd+E2c9ls+x4P/zmREvsYijB
        y/QeD21cxjrink1qmZX5qcuQkOjRmqFqWHVe3j0zIsWXAet+qurxksQhbvlkUAQC
        OQ+bI1CzSw+7JWw7oNaB4iHEES+Q3T3N9NH6pNpX4GCO+PVSvT1k6uuI96O0bfVi
        zDDRAWdmrIy5zwIBAQIBAQKBgFHNQ4nRFPxOpUqbHDxP6yTlAJv8EIaGfz+aSwMv
        pT7Wq381zI8tKEm8ADP2jnI54fq60djEXrmA4GPyolwqqG6htN0dy9z1xPNf/3Ar
        Dl/zsYEJ3MAnk25HAfnS2U1R81CN3hsT90HJZLgoMZu6qlRoSkf8k+mkWNyFh1PB
        Z+En
        -----END RSA PRIVATE KEY-----

        """

    static let rsaEvenExponent = """
        -----BEGIN RSA PRIVATE KEY-----
        MIIEowIBAAKCAQEAvbgmgJWCzJF2vgRPWUhQ6mJb6s74UdfgyKA2E0Qvb8K8HXAu
        MkqrzH5zHunSTanvMpIqQr10ca8MYiwukv+M7APP+4MqJoOqFSM9R14NaO2olMO1
        ojrL70VT9A8RsuiLho/Q1JbFL5Q3/efRk99iQLkok5uCdlZZJyeUvswkayFWJYbI
        PtCGXFQP0Up2jGwQE4DDhVUCWEENbqScbJw2HhaYYWX7SWcfN14Yy4vkeQWbJVX6
        43Ra8QBZ93EOxQWA2vKxhF/yjNILehSHecknXxFfnJ29Kz15c9NbtOZrlCcEyQQo
        oEDU8rG3t/thU9GsHrJmoqQI47QGZ+IfHnuSzQIDAQAAAoIBAE8rDUYTHeXnvblF
        aydCuiFUsi6l95GPmEmgMXCQv4rPpFhUe7KY3mATVE7OG+g0xZBA1knLbVATUAOX
        lEfbRB8o6B14eppfzxXLAsNJSCdFJVgO4zizeG58a7AoqaYSzEZ2tRpBYD+ehk75
        8cbXLNT9byVJe4OOPN3N8pA79+aL5pt9hnn9i8dwi8rFMPd5fOjpTErD5/W1McfO
        EGlL7JD18vOPO7TqfFk1xEn1fng9pW0rA5tV8Y8RT7vuuT4X/3bMgYLPV5XcakeJ
        5GOFJPlCxYug8be/lg3aLVDxPPSmJd0lJbfXB4kfdgs/2rGm7s5fESSsY7HMAO0I
        14AFlDECgYEA5rmRP+hPfwxOfcAy751ThsvQ2v5Tp4oeNefiqYIYLpJfI+Ggwn4c
        3+ezuDKVjTUBorvXSN9ovOwr5T9Ii9Vr9/ole1dSviRRnus542iigLi66AOnzdUP
        Je0tjdsBMFhZGPAgWlgwQhR61sgjcG65k1IP77CuHwNohgGNlkBPfKMCgYEA0oCg
        Z83fhNnPZbPseD/85kRL7GIowcv0Hg9tXMY64p5NapmV+anLkJDo0Zqhalh1Xt49
        MyLFlwHrfqrq8ZLEIW75ZFAEAjkPmyNQs0sPuyVsO6DWgeIhxBEvkN09zfTR+qTa
        V+Bgjvj1Ur09ZOrriPejtG31Ysww0QFnZqyMuc8CgYEAibWAaDB0IlRqFMw+mp3A
        WNgVlF/v9jONzIbW1m17mXBrsLLejLdQ7KMStYIbmOhmTYbn++q8TOZ5XJ7k4fFE
        PAHllTSNgkeTH9Mt/flZ5JJdnFVyNnxQSkbBxcVNdFmG9Ed+R+4S/53Ro5hY7qZn
        xPJZ6Kn/gys5m6IZq/A+gRkCgYAaJtzGyK7yRFUd34KLVffHa8i671785KfJbEU7
        92ytZtlbWwVk5RFjPn2OPNW87ox2YsnbpoBByH1HWVii9objWHQnYEF/PTORJIwM
        GlE0AOw3ZD4CGOP1BeWQ68uX4MiNiRmPPVMBsDBaPSR5ey4T8CAodFi+E3wlGzWL
        bfh1xQKBgFHNQ4nRFPxOpUqbHDxP6yTlAJv8EIaGfz+aSwMvpT7Wq381zI8tKEm8
        ADP2jnI54fq60djEXrmA4GPyolwqqG6htN0dy9z1xPNf/3ArDl/zsYEJ3MAnk25H
        AfnS2U1R81CN3hsT90HJZLgoMZu6qlRoSkf8k+mkWNyFh1PBZ+En
        -----END RSA PRIVATE KEY-----

        """

    static let rsaLargeExponent = """
        -----BEGIN RSA PRIVATE KEY-----
        MIIEpQIBAAKCAQEAvbgmgJWCzJF2vgRPWUhQ6mJb6s74UdfgyKA2E0Qvb8K8HXAu
        MkqrzH5zHunSTanvMpIqQr10ca8MYiwukv+M7APP+4MqJoOqFSM9R14NaO2olMO1
        ojrL70VT9A8RsuiLho/Q1JbFL5Q3/efRk99iQLkok5uCdlZZJyeUvswkayFWJYbI
        PtCGXFQP0Up2jGwQE4DDhVUCWEENbqScbJw2HhaYYWX7SWcfN14Yy4vkeQWbJVX6
        43Ra8QBZ93EOxQWA2vKxhF/yjNILehSHecknXxFfnJ29Kz15c9NbtOZrlCcEyQQo
        oEDU8rG3t/thU9GsHrJmoqQI47QGZ+IfHnuSzQIFAIAAAAsCggEAKuE2Szji8cFj
        K/pFre8xtyWwMEuK+CA6AmtJN6VpkEK/Wwb/TkUU6icMQrxQEAgkTx+sEXiYd6T7
        FEJxUvvA2S+qKoHvM9jsgh9dqo4jGn0aihCKUaO61tWycX5UQa7OGBx9m7fBJqkS
        geCOb/vA6y+PQPX8FUnS25NUyLcNbFfGsRNxEpBF8TtS29YBERGAfkosUPfSJ9ks
        r5Uh7VuAQyZI6IaIMhZ6E4vNT9nnyU8xXTsMAZXc/sIhXT2ruWxLXgd+kvQ4R6dz
        NjD8Ud5bGVaWQUm/+R4aEdif8tcLr4fdt48SSiwvmo/1dxHJ48bvsqMyigbEyIGY
        YoYQA4CtWwKBgQDmuZE/6E9/DE59wDLvnVOGy9Da/lOnih415+Kpghgukl8j4aDC
        fhzf57O4MpWNNQGiu9dI32i87CvlP0iL1Wv3+iV7V1K+JFGe6znjaKKAuLroA6fN
        1Q8l7S2N2wEwWFkY8CBaWDBCFHrWyCNwbrmTUg/vsK4fA2iGAY2WQE98owKBgQDS
        gKBnzd+E2c9ls+x4P/zmREvsYijBy/QeD21cxjrink1qmZX5qcuQkOjRmqFqWHVe
        3j0zIsWXAet+qurxksQhbvlkUAQCOQ+bI1CzSw+7JWw7oNaB4iHEES+Q3T3N9NH6
        pNpX4GCO+PVSvT1k6uuI96O0bfVizDDRAWdmrIy5zwKBgQCBbQwxHJ9C6kAYq88R
        3OtxDSJh+JU8BoMeGhSdy+LbBJSaFjDMOXHTkuvEQ+cyByPa2WXiYVtBF794P8kF
        mJ8z6b7+vaAz8QFrEGioQHvMXFfMjNCtoiNrZ/y4gZIq0rl5ewdcS6qTwbQyDPeb
        3CpN9BTIRYe7sOYsLt2sXQSP5wKBgEEZtE6sL0YlkfGw0HQTVA91ISIUNopbHYtH
        ckZNAF8Jx8V4+d4yQekGcufBMpuYVVPP+jTrlFWXKYtCeY4WN48iXlrSGK/WfINy
        2eKOXotHyL0BC/xNqiGAXtFvmmyRzKkL2FYFp8AjT+8kNY1YgRwF2h1ueqKfEkTq
        jjv82JJZAoGAUc1DidEU/E6lSpscPE/rJOUAm/wQhoZ/P5pLAy+lPtarfzXMjy0o
        SbwAM/aOcjnh+rrR2MReuYDgY/KiXCqobqG03R3L3PXE81//cCsOX/OxgQncwCeT
        bkcB+dLZTVHzUI3eGxP3QclkuCgxm7qqVGhKR/yT6aRY3IWHU8Fn4Sc=
        -----END RSA PRIVATE KEY-----

        """

    /// The modulus of another key.
    static let rsaForeignModulus = """
        -----BEGIN RSA PRIVATE KEY-----
        MIIEowIBAAKCAQEA6Q+kqZklph6QR1pDz7Jcu3Hd1kqlVL+kEMK9SxrsL7cDrC7K
        YRWvl47qCjgqM/a6/IuUK2OTESigr2upWmXDGbKmsTmAEol6cgV5qmQizPvdDNe4
        /D9BZ7A0X8YoBqHaVXp99pL03fxRI9SKwpONxXEuv/ljlLPnBjnA90qVX3tRt8kP
        OGC2nuDoh9tXFvU+emWUV0m1vhiBas3cjYWaOTWj7Z+oGDt0ORQb6tmSutRrqdil
        x76W5TRwP2Sfwefyn+HbNrKCumR72tJEMKACGRbW8Wgpv+WAbGG4zvWSBAD/stux
        KXhuL9jRYNK3gTyXXyHVYBWe1tp0b8DYNsXzVwIDAQABAoIBAE8rDUYTHeXnvblF
        aydCuiFUsi6l95GPmEmgMXCQv4rPpFhUe7KY3mATVE7OG+g0xZBA1knLbVATUAOX
        lEfbRB8o6B14eppfzxXLAsNJSCdFJVgO4zizeG58a7AoqaYSzEZ2tRpBYD+ehk75
        8cbXLNT9byVJe4OOPN3N8pA79+aL5pt9hnn9i8dwi8rFMPd5fOjpTErD5/W1McfO
        EGlL7JD18vOPO7TqfFk1xEn1fng9pW0rA5tV8Y8RT7vuuT4X/3bMgYLPV5XcakeJ
        5GOFJPlCxYug8be/lg3aLVDxPPSmJd0lJbfXB4kfdgs/2rGm7s5fESSsY7HMAO0I
        14AFlDECgYEA5rmRP+hPfwxOfcAy751ThsvQ2v5Tp4oeNefiqYIYLpJfI+Ggwn4c
        3+ezuDKVjTUBorvXSN9ovOwr5T9Ii9Vr9/ole1dSviRRnus542iigLi66AOnzdUP
        Je0tjdsBMFhZGPAgWlgwQhR61sgjcG65k1IP77CuHwNohgGNlkBPfKMCgYEA0oCg
        Z83fhNnPZbPseD/85kRL7GIowcv0Hg9tXMY64p5NapmV+anLkJDo0Zqhalh1Xt49
        MyLFlwHrfqrq8ZLEIW75ZFAEAjkPmyNQs0sPuyVsO6DWgeIhxBEvkN09zfTR+qTa
        V+Bgjvj1Ur09ZOrriPejtG31Ysww0QFnZqyMuc8CgYEAibWAaDB0IlRqFMw+mp3A
        WNgVlF/v9jONzIbW1m17mXBrsLLejLdQ7KMStYIbmOhmTYbn++q8TOZ5XJ7k4fFE
        PAHllTSNgkeTH9Mt/flZ5JJdnFVyNnxQSkbBxcVNdFmG9Ed+R+4S/53Ro5hY7qZn
        xPJZ6Kn/gys5m6IZq/A+gRkCgYAaJtzGyK7yRFUd34KLVffHa8i671785KfJbEU7
        92ytZtlbWwVk5RFjPn2OPNW87ox2YsnbpoBByH1HWVii9objWHQnYEF/PTORJIwM
        GlE0AOw3ZD4CGOP1BeWQ68uX4MiNiRmPPVMBsDBaPSR5ey4T8CAodFi+E3wlGzWL
        bfh1xQKBgFHNQ4nRFPxOpUqbHDxP6yTlAJv8EIaGfz+aSwMvpT7Wq381zI8tKEm8
        ADP2jnI54fq60djEXrmA4GPyolwqqG6htN0dy9z1xPNf/3ArDl/zsYEJ3MAnk25H
        AfnS2U1R81CN3hsT90HJZLgoMZu6qlRoSkf8k+mkWNyFh1PBZ+En
        -----END RSA PRIVATE KEY-----

        """

    static let p256PKCS8 = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgFvDXSpHfURFD679W
        ipz8X6QeMZPf+Ra8WN5yVNgIMsyhRANCAAQEy74/aNZx0fyK0Reh8b0q8XcPGZJQ
        0fC8Racf0YVb7FRSnXKRuN1t+e7TQ674xd/2BSqZ90WCvyKQMMJ6CwVM
        -----END PRIVATE KEY-----

        """

    static let p256SEC1 = """
        -----BEGIN EC PARAMETERS-----
        BggqhkjOPQMBBw==
        -----END EC PARAMETERS-----
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEIBbw10qR31ERQ+u/Voqc/F+kHjGT3/kWvFjeclTYCDLMoAoGCCqGSM49
        AwEHoUQDQgAEBMu+P2jWcdH8itEXofG9KvF3DxmSUNHwvEWnH9GFW+xUUp1ykbjd
        bfnu00Ou+MXf9gUqmfdFgr8ikDDCegsFTA==
        -----END EC PRIVATE KEY-----

        """

    static let p256Encrypted = """
        -----BEGIN EC PRIVATE KEY-----
        Proc-Type: 4,ENCRYPTED
        DEK-Info: AES-256-CBC,CAE32A7F0D17496FF340D428F900F04E

        Goj53h6P36mGUcRlyM0FQRJ60TtEUzxasZx7czTJ5qdyVLj3dq8F7B8duWegb5ZY
        zDYKgVwS16TdrPGQ+IXYmphF9nNigmd789CZdcNgF76MvPM/HQqvdIli9ZHdTWAs
        UMyZlQC4hWieckZtRCjhgQ+Vl5GI1QI7XA/K+O1j8zU=
        -----END EC PRIVATE KEY-----

        """

    /// The scalar of another key.
    static let p256ForeignPublicKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgFvDXSpHfURFD679W
        ipz8X6QeMZPf+Ra8WN5yVNgIMs2hRANCAAQEy74/aNZx0fyK0Reh8b0q8XcPGZJQ
        0fC8Racf0YVb7FRSnXKRuN1t+e7TQ674xd/2BSqZ90WCvyKQMMJ6CwVM
        -----END PRIVATE KEY-----

        """

    /// The scalar 0.
    static let p256Zero = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgAAAAAAAAAAAAAAAA
        AAAAAAAAAAAAAAAAAAAAAAAAAAChRANCAAQEy74/aNZx0fyK0Reh8b0q8XcPGZJQ
        0fC8Racf0YVb7FRSnXKRuN1t+e7TQ674xd/2BSqZ90WCvyKQMMJ6CwVM
        -----END PRIVATE KEY-----

        """

    /// The scalar 5.
    static let p256SmallScalar = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgAAAAAAAAAAAAAAAA
        AAAAAAAAAAAAAAAAAAAAAAAAAAWhRANCAARRWQt6UVFA0teEyFYIZo/f74yC/R9b
        5SQhVUoNw9Az7eDBfaiQSnJ9iuG/Nr+KeSYNAS8A1NgIiNHQu0T9oW2k
        -----END PRIVATE KEY-----

        """

    /// One byte after the structure.
    static let p256TrailingByte = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgFvDXSpHfURFD679W
        ipz8X6QeMZPf+Ra8WN5yVNgIMsyhRANCAAQEy74/aNZx0fyK0Reh8b0q8XcPGZJQ
        0fC8Racf0YVb7FRSnXKRuN1t+e7TQ674xd/2BSqZ90WCvyKQMMJ6CwVMAA==
        -----END PRIVATE KEY-----

        """

    /// Nine bytes short.
    static let p256Truncated = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgFvDXSpHfURFD679W
        ipz8X6QeMZPf+Ra8WN5yVNgIMsyhRANCAAQEy74/aNZx0fyK0Reh8b0q8XcPGZJQ
        0fC8Racf0YVb7FRSnXKRuN1t+e7TQ674xd/2BSqZ90WC
        -----END PRIVATE KEY-----

        """

    static let p384 = """
        -----BEGIN PRIVATE KEY-----
        MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDCJPp4vDb//vFLgC7mc
        dFlw1anP87VncUyKR6o1A19w4DOCoQ9uVa5PERkzqkoVnYihZANiAARYGaAy0jeB
        RNfPGHcuZVChh255plYbGrKplEQ2UzPf1KRiup56NCSn/BDbMGrIwklERJFVy5ZP
        w5UQSxqji7w9DuweZrz2wJX66fCNB4uYWGmYTPjN1qpBUuwWbQragmQ=
        -----END PRIVATE KEY-----

        """

    static let secp256k1 = """
        -----BEGIN PRIVATE KEY-----
        MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQggaHSRsx8WcoUM0yf4N7g
        FAbl1sS/oXM5l8+mzqIMt3uhRANCAAQPmQMtdWv6cviEZNwnEbQdEfOYzmmUEkeo
        7G2qgGBSI8z69xH63ZyO45gGFoRA3vIo4etvGVotKWX6LoO91ohE
        -----END PRIVATE KEY-----

        """

    static let ed25519 = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEIGxII6ue1A34vYuCp0p/4f2ywWDcpMEdlXqffG+lXOhE
        -----END PRIVATE KEY-----

        """

    static let x25519 = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VuBCIEIBCO1xeyomPxDirM/xsz2ePODU5AzBpoZ+9y/njt1ydk
        -----END PRIVATE KEY-----

        """

    static let ed448 = """
        -----BEGIN PRIVATE KEY-----
        MEcCAQAwBQYDK2VxBDsEOTdh15KL4jJCUssx8u9s9vaDTuMs4TkEyiR3M8IZrzcu
        uN0mGbP/FpTTdu51ret1i1QdufKqThRpyw==
        -----END PRIVATE KEY-----

        """

    static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBbjCCAROgAwIBAgIUCy5TRPEPs771jGHV9PtXOkSSIwYwCgYIKoZIzj0EAwIw
        DDEKMAgGA1UEAwwBeDAeFw0yNjExMjMxNTU2MDFaFw0zNjExMjAxNTU2MDFaMAwx
        CjAIBgNVBAMMAXgwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQEy74/aNZx0fyK
        0Reh8b0q8XcPGZJQ0fC8Racf0YVb7FRSnXKRuN1t+e7TQ674xd/2BSqZ90WCvyKQ
        MMJ6CwVMo1MwUTAdBgNVHQ4EFgQUdpP4NQeiU6ltnhyYpjAIj8XEcCgwHwYDVR0j
        BBgwFoAUdpP4NQeiU6ltnhyYpjAIj8XEcCgwDwYDVR0TAQH/BAUwAwEB/zAKBggq
        hkjOPQQDAgNJADBGAiEAvme2Yq/P6+FZrHZZkTKIYnhu8RcDzsnT7Suf7SmU7PIC
        IQCTn5oZZtOIBF/BGQan04al1txe2W6l3IOJwv1lXmJOnQ==
        -----END CERTIFICATE-----

        """

    /// The container of ssh-keygen, with nothing inside.
    static let openSSH = """
        -----BEGIN OPENSSH PRIVATE KEY-----
        b3BlbnNzaC1rZXktdjEA
        -----END OPENSSH PRIVATE KEY-----

        """

    /// What `openssl dgst -sha256 -sign` makes of the bytes `a message` with `rsaPKCS8`; hexadecimal.
    static let rsaPKCS1v15Signature =
        "7d7cd3b4d518b7fc905aacbf85321508115fda0cb0383aecbad7f2107eb3029bfec35070e37fadcc2bce208b5512f00b"
        + "36b1672d092ea974ed93eec298bcc787431e85f4dd39e138adcf9c6537b5b034191364a54e54f89f9449bca5dcc091e2"
        + "5e3e1f3351c3b17f5ad92f592ffee098e5110ddd9220682494886f47a0ad624e70f058d6a9b3d30790f35c1979e6d028"
        + "14ec3878a71069a41bdb962e9cf8292c05fb6fd83298a554d63ff5cd411ff41142c385f8baa101f48075314d0d224ebd"
        + "b37e32d49f13b02a6886377b36b446a0a4bbd5dc160abde6ad75a2544464b8b8f20122236a741908daca11d5d88b45c0"
        + "9d3de01cac6d80ff66ff2ce77a13913b"

    /// A PSS signature of the same tool over the same bytes, with a salt of 32 bytes; hexadecimal.
    static let rsaPSSSignatureSalt32 =
        "b5db94d83495514962c20c1ff8b1826cf36773c0127b99e27e45c42640b6a233c58eb1b5d8c4a13493c52633eeb274a5"
        + "6c86cc88f2c968e5b2f1850ae8ee6f3550120440af8a2716b148c04cf2e0bc5216bb61820a826b9e76763a70adbffa5e"
        + "19fee8298f5e9476c685d9d90ad6a0eedb7b3735efb889f78742dedfc5f62d3f158ff25a93ba5fdf484cb58d281319da"
        + "b5857a05e5cb720a7c706172feeca29fdca70fe08a49a1852fae13123150edeb9f4fc9c386e786a32d58655c29cb6f87"
        + "75a42760cffd0f57d712b2f7571f9ce6a3c5b08607a665e8b9a3f2da61c1ff21bd0a485f7dbc69b3f90f063c0089cb61"
        + "bcc8398715954bdc6a0a272df48161db"

    /// A PSS signature of the same tool over the same bytes, with a salt of 20 bytes; hexadecimal.
    static let rsaPSSSignatureSalt20 =
        "76886da01628a0f31e4ba0561eab51cdca2e5d9c658370e8468b3061fdc1cf34cbc70ae430acbee5b4429b065ab2cc62"
        + "6c0671243de92836caab15676260e230581306283f500082d071e0f2f9fb0b2d9f1494a4983fe18715aa1229f1195811"
        + "e745024f73ee20719afc5b3a2cd663adb71352794b26bf7876571254cb6040c8ceca89cdb86c4b18917afca4778e7434"
        + "7bf33623e55a29dbc203a844cbec34b85999043a4b039a5bfc18bdaf7be7497eb57ce85ab804b7c4f626923cb464aa6c"
        + "ab5622e2dc2622c31749562c00c419777326561404ba1dc0b55d8b84bfb5a283bb81bdd505101d2540042041623fbc0c"
        + "2c35540ae83fb33f4ba6bc2c71c92b0c"

    /// The first and last eight bytes of the modulus of `rsaPKCS8`, as `openssl rsa -text` prints them.
    static let rsaModulusEnds: ([UInt8], [UInt8]) = (
        [189, 184, 38, 128, 149, 130, 204, 145],
        [6, 103, 226, 31, 30, 123, 146, 205]
    )
    /// The private scalar of `p256PKCS8` and `p256SEC1`, as `openssl ec -text` prints it.
    static let p256Scalar = "16f0d74a91df511143ebbf568a9cfc5fa41e3193dff916bc58de7254d80832cc"
    /// The seed of `ed25519`, as `openssl pkey -text` prints it.
    static let ed25519Seed = "6c4823ab9ed40df8bd8b82a74a7fe1fdb2c160dca4c11d957a9f7c6fa55ce844"
}
